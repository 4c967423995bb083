"""Model files for a template, asked for one version. Writes a deleted manifest again, and nothing else.

The template is read once for each import: what is pinned is what was read, whatever becomes of the template.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import ValidationError
from typing_extensions import override

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.source import TemplateSource
from aiapp.api.template import InferenceTemplate
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.artifact.manifest_config_map import MAX_PAYLOAD_BYTES
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.images.wanted import own_image
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.keys import KeyRefusedError
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.package.inspection import Inspection, Invalid, Unresolved, Valid
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.package_drift import REGISTER, drift, manifest_missing, source_unchanged, unchanged
from aiapp.domain.sources.template import bucket
from aiapp.domain.templates.choice import Choice, choice
from aiapp.domain.templates.history import placed_history, prefixes
from aiapp.domain.version.drift import together
from aiapp.domain.version.status import known_listing
from aiapp.ports import PackageStore, StoreError
from aiapp.reconcile.manifests import ManifestGoneError
from aiapp.reconcile.offload import offload
from aiapp.reconcile.shared_config_maps import TakenError
from aiapp.reconcile.sources.access import AccessError, StoreAccess, access, require_allowed
from aiapp.reconcile.sources.checksums import known_content
from aiapp.reconcile.sources.composed_store import ComposedStore, CompositionRefusedError
from aiapp.reconcile.sources.importing import Terms, inspect, too_large
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPorts
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
    async def inspect(self, known: KnownOfPin) -> Inspection:
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
                found = await self._inspected(composed, place, known)
            except CompositionRefusedError as error:
                found = Invalid(place.where.uri, error.listing, *error.refusal)
        return await self._image.served(found)

    @override
    async def compare(self) -> Finding:
        package = [] if self.record.package is None else [await self._package_compared(self.record.package)]
        image = await self._image.compare()
        return together(package if image is None else [*package, image])

    @property
    def _image(self) -> ServingImage:
        return ServingImage(self.record, self.ports.obs.images)

    async def _package_compared(self, artifact: PackageArtifact) -> Finding:
        seconds = self.ports.obs.seconds
        try:
            async with self.ports.obs.objects.session(self.record.namespace) as store, asyncio.timeout(seconds):
                return await self._compared(artifact, store)
        except (AccessError, StoreError) as error:
            return unknown(ConditionType.SOURCE_UNCHANGED, error.reason, error.message)
        except TimeoutError:
            message = f"the listing took more than {seconds:g} s (AIAPP_IMPORT_SECONDS)"
            return unknown(ConditionType.SOURCE_UNCHANGED, Reason.LIMIT_EXCEEDED, message)

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

    async def _inspected(self, composed: ComposedStore, place: StoreAccess, known: KnownOfPin) -> Inspection:
        obs, parser = self.ports.obs, self.ports.obs.parsers.of(self.record.namespace)
        where, keys, listing = place.where, place.credentials, known_listing(self.record)
        terms = Terms(seconds=obs.seconds, own_image=own_image(self.record.spec) is not None)
        found = await inspect(where, keys, composed, parser, listing, terms)
        if not isinstance(found, Valid):
            return found
        manifest = await offload(lambda: _manifest(composed))
        if isinstance(manifest, Refusal):
            return Invalid(found.uri, found.listing, *manifest)
        runtime = found.runtime or composed.choice.spec.runtime
        package = replace(found, manifest=manifest, runtime=runtime, template=composed.choice.status)
        content = known(manifest.pin) or await known_content(package, place, composed, obs.checksum_objects)
        return replace(package, content=content)

    async def _compared(self, artifact: PackageArtifact, store: PackageStore) -> Finding:
        try:
            manifest = await self.ports.obs.manifests.read(self.record.namespace, artifact)
        except ManifestGoneError as error:
            return await self._restored(artifact, error, store)
        except ManifestError as error:
            return manifest_missing(str(error))
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

    async def _restored(self, artifact: PackageArtifact, gone: ManifestGoneError, store: PackageStore) -> Finding:
        """A manifest that was deleted is written again, if the template still makes exactly what was pinned."""
        manifest = await self._made_again(store)
        if isinstance(manifest, Refusal):
            return manifest_missing(f"{gone}, and the package cannot be made again: {manifest.message}")
        if manifest.pin != artifact.pin:
            return manifest_missing(f"{gone}, and template and inputs no longer give what was pinned: {REGISTER}")
        try:
            await self.ports.obs.manifests.keep(manifest, self.record.raw)
        except TakenError as error:
            return manifest_missing(error.message)
        return unchanged(manifest.objects)

    async def _made_again(self, store: PackageStore) -> Manifest | Refusal:
        chosen = self._choice()
        if isinstance(chosen, Refusal):
            return chosen
        composed = ComposedStore(chosen, store, self.ports.max_objects)
        try:
            place = await self._access()
            await composed.list(place.where, place.credentials)
        except (AccessError, StoreError) as error:
            return Refusal(error.reason, error.message)
        except CompositionRefusedError as error:
            return error.refusal
        return await offload(lambda: _manifest(composed))


def _manifest(composed: ComposedStore) -> Manifest | Refusal:
    try:
        manifest = composed.package.manifest()
    except KeyRefusedError as error:
        return Refusal(Reason.KEY_REFUSED, str(error))
    return too_large(manifest) if len(manifest.payload) > MAX_PAYLOAD_BYTES else manifest
