"""Model files for a template, asked for one version. Writes a deleted manifest again, and nothing else.

The template is read once for each import: what is pinned is what was read, whatever becomes of the template.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from pydantic import ValidationError
from typing_extensions import override

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import Reason
from aiapp.api.source import TemplateSource
from aiapp.api.template import InferenceTemplate
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.conditions import Finding
from aiapp.domain.images.wanted import own_image
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.package.inspection import Inspection, Invalid, Unresolved, Valid
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.package_drift import REGISTER, drift, source_unchanged
from aiapp.domain.sources.template import bucket
from aiapp.domain.templates.choice import Choice, choice
from aiapp.domain.templates.history import placed_history, prefixes
from aiapp.domain.version.drift import together
from aiapp.domain.version.status import known_listing
from aiapp.ports.objectstore import PackageStore, StoreError
from aiapp.reconcile.offload import offload
from aiapp.reconcile.sources.access import AccessError, StoreAccess, access, require_allowed
from aiapp.reconcile.sources.checksums import with_content
from aiapp.reconcile.sources.composed_store import ComposedStore, CompositionRefusedError
from aiapp.reconcile.sources.importing import Terms, inspect, pinnable
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPorts
from aiapp.reconcile.sources.pinned import PinnedPackage, in_time
from aiapp.reconcile.sources.serving_image import ServingImage


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePorts:
    """What packages are composed with."""

    obs: ObsPorts
    template: Callable[[str], Json | None]
    """The InferenceTemplate of that name, as far as it is known."""
    max_objects: int
    """Of all inputs of one version."""


@dataclass(frozen=True, slots=True)
class TemplatePackage(LiveSource):
    """The package that a version's template makes of its inputs."""

    record: VersionRecord
    source: TemplateSource
    ports: TemplatePorts

    @override
    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        chosen = self._choice()
        if isinstance(chosen, Refusal):
            return Unresolved(chosen.reason, chosen.message, retryable=False)
        try:
            place = await self._access()
        except AccessError as error:
            return Unresolved(error.reason, error.message, retryable=False)
        async with self.ports.obs.objects.session(self.record.namespace) as store:
            composed = ComposedStore(chosen, store, self.ports.max_objects)
            try:
                found = await self._inspected(composed, place, content_of)
            except CompositionRefusedError as error:
                found = Invalid(place.where.uri, error.listing, *error.refusal)
        return await self._image.served(found)

    @override
    async def compare(self) -> Finding:
        return together([await self._package_compared(), await self._image.compare()])

    @property
    def _image(self) -> ServingImage:
        return ServingImage(self.record, self.ports.obs.images)

    async def _package_compared(self) -> Finding | None:
        artifact = self.record.package
        return None if artifact is None else await in_time(self._compared(artifact), self.ports.obs.seconds)

    @override
    async def require_access(self) -> None:
        await require_allowed(bucket(self.source), self.record.namespace, self.ports.obs.cluster)
        await self._image.require_access()

    def _choice(self) -> Choice | Refusal:
        """The template as it is now, as the source uses it."""
        name = self.source.name
        raw = self.ports.template(name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            message = f"InferenceTemplate {name} does not exist: see kubectl get inferencetemplates"
            return Refusal(Reason.TEMPLATE_NOT_FOUND, message)
        try:
            spec = InferenceTemplate.model_validate(raw).spec
        except ValidationError as error:
            return Refusal(Reason.TEMPLATE_INVALID, f"InferenceTemplate {name}: {faults(error)}")
        return choice(name, spec, self.source)

    async def _access(self) -> StoreAccess:
        return await access(bucket(self.source), self.record.namespace, self.ports.obs.cluster)

    async def _inspected(self, composed: ComposedStore, place: StoreAccess, content_of: KnownOfPin) -> Inspection:
        obs, parser = self.ports.obs, self.ports.obs.parsers.of(self.record.namespace)
        where, keys, listing = place.where, place.credentials, known_listing(self.record, obs.reader)
        own = own_image(self.record.spec) is not None
        terms = Terms(seconds=obs.seconds, own_image=own, manifest=lambda *_: _manifest(composed))
        found = await inspect(where, keys, composed, parser, listing, terms)
        if isinstance(found, Valid):
            template = composed.choice
            found = replace(found, runtime=found.runtime or template.spec.runtime, template=template.status)
        return await with_content(found, content_of, place, composed, obs.checksum_objects)

    async def _compared(self, artifact: PackageArtifact) -> Finding:
        async with self.ports.obs.objects.session(self.record.namespace) as store:
            pinned = PinnedPackage(self.record, artifact, self.ports.obs.manifests)
            return await pinned.compared(partial(self._changes, store), partial(self._again, store, artifact.pin))

    async def _changes(self, store: PackageStore, manifest: Manifest) -> Finding:
        histories = await self._histories(store)
        found = await offload(lambda: drift(manifest.entries, placed_history(manifest.entries, histories), ""))
        return source_unchanged(manifest, found)

    async def _histories(self, store: PackageStore) -> list[Listing]:
        place = await self._access()
        found = []
        for prefix in prefixes(self.source):
            try:
                found.append(await store.history(replace(place.where, prefix=prefix), place.credentials))
            except StoreError as error:
                if error.reason is not Reason.PREFIX_EMPTY:
                    raise
        return found

    async def _again(self, store: PackageStore, pin: str) -> Manifest | str:
        manifest = await self._made_again(store)
        if isinstance(manifest, Refusal):
            return f"the package cannot be made again: {manifest.message}"
        return manifest if manifest.pin == pin else f"template and inputs no longer give what was pinned: {REGISTER}"

    async def _made_again(self, store: PackageStore) -> Manifest | Refusal:
        chosen = self._choice()
        if isinstance(chosen, Refusal):
            return chosen
        composed = ComposedStore(chosen, store, self.ports.max_objects)
        try:
            place = await self._access()
            await composed.list(place.where, place.credentials)
            return await _manifest(composed)
        except (AccessError, StoreError) as error:
            return Refusal(error.reason, error.message)
        except CompositionRefusedError as error:
            return error.refusal


async def _manifest(composed: ComposedStore) -> Manifest | Refusal:
    """Of the package as it was listed last. Raises `StoreError`."""
    return await offload(lambda: pinnable(composed.package.manifest))
