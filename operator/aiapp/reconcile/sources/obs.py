"""A package in object storage, asked for one version. Writes a deleted manifest again, and nothing else."""

from dataclasses import dataclass, replace
from functools import partial

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.api.version import SourceStatus
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.conditions import Finding
from aiapp.domain.images.wanted import own_image
from aiapp.domain.objectstore.listing import SHORT_OBJECTS, Listing
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection, Unresolved
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.package_drift import REGISTER, drift, listed_now, source_unchanged
from aiapp.domain.version.drift import together
from aiapp.domain.version.status import known_listing
from aiapp.ports.kubernetes import Cluster
from aiapp.ports.objectstore import PackageStore, PackageStores, StoreError
from aiapp.ports.syntax import PythonParsers
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.offload import offload
from aiapp.reconcile.sources.access import AccessError, Namespace, StoreAccess, access, require_allowed
from aiapp.reconcile.sources.checksums import with_content
from aiapp.reconcile.sources.images import Images
from aiapp.reconcile.sources.importing import Terms, inspect
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.pinned import PinnedPackage, in_time
from aiapp.reconcile.sources.serving_image import ServingImage


@dataclass(frozen=True, slots=True, kw_only=True)
class ObsPorts:
    """What packages in object storage are read with."""

    cluster: Cluster
    objects: PackageStores
    parsers: PythonParsers
    manifests: Manifests
    images: Images
    """The images that serve packages."""
    seconds: float
    """Deadline of one look at a package."""
    checksum_objects: int
    """The store is asked for the hashes of at most so many objects of one package."""
    reader: str
    """This build of the operator."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What lies under a prefix, with the versions that the store keeps."""

    history: Listing
    prefix: str


async def package_access(
    source: ObsSource, status: SourceStatus | None, namespace: str, cluster: Namespace
) -> StoreAccess:
    """`access` to the folder in which config.json was found, as far as the status has it. Raises `AccessError`,
    `ApiError`.
    """
    place = await access(source, namespace, cluster)
    if status is None or status.uri is None:
        return place
    root = location(source.model_copy(update={"uri": status.uri}))
    return replace(place, where=replace(place.where, prefix=root.prefix))


@dataclass(frozen=True, slots=True)
class ObsPackage(LiveSource):
    """The package that a version's source names."""

    record: VersionRecord
    source: ObsSource
    ports: ObsPorts
    takes_folders: bool = False
    """Whether what is to serve it takes a folder without a config.json."""
    keys_in: str | None = None
    """Namespace of the objects that the source names; None: the version's own."""

    @override
    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        ports = self.ports
        try:
            place = await access(self.source, self._keys_in, ports.cluster)
        except AccessError as error:
            return Unresolved(error.reason, error.message, retryable=False)
        namespace = self.record.namespace
        parser, listing = ports.parsers.of(namespace), known_listing(self.record, ports.reader)
        own = own_image(self.record.spec) is not None
        terms = Terms(seconds=ports.seconds, own_image=own, takes_folders=self.takes_folders)
        async with ports.objects.session(namespace) as store:
            found = await inspect(place.where, place.credentials, store, parser, listing, terms)
            found = await with_content(found, content_of, place, store, ports.checksum_objects)
        return await self._image.served(found)

    @override
    async def compare(self) -> Finding:
        return together([await self._package_compared(), await self._image.compare()])

    @override
    async def require_access(self) -> None:
        if self.record.package is not None:
            await require_allowed(self.source, self._keys_in, self.ports.cluster)
        await self._image.require_access()

    @property
    def _keys_in(self) -> str:
        return self.keys_in or self.record.namespace

    @property
    def _image(self) -> ServingImage:
        return ServingImage(self.record, self.ports.images)

    async def _package_compared(self) -> Finding | None:
        artifact = self.record.package
        if artifact is None:
            return None
        async with self.ports.objects.session(self.record.namespace) as store:
            pinned = PinnedPackage(self.record, artifact, self.ports.manifests)
            return await pinned.compared(partial(self._changes, store), partial(self._again, store, artifact.pin))

    async def _changes(self, store: PackageStore, manifest: Manifest) -> Finding:
        found = await in_time(self._held(store), self.ports.seconds)
        return found if isinstance(found, Finding) else await _compared(manifest, found)

    async def _again(self, store: PackageStore, pin: str) -> Manifest | str:
        found = await in_time(self._held(store), self.ports.seconds)
        if isinstance(found, Finding):
            return f"the store cannot be asked for it: {found.message}"
        manifest = await offload(lambda: listed_now(found.history, found.prefix), inline=found.history.is_short)
        if manifest is None or manifest.pin != pin:
            return f"the store no longer lists exactly what was pinned: {REGISTER}"
        return manifest

    async def _held(self, store: PackageStore) -> _Held:
        """The objects where the package was found."""
        found = self.record.status.source
        place = await package_access(self.source, found, self._keys_in, self.ports.cluster)
        try:
            return _Held(await store.history(place.where, place.credentials), place.where.prefix)
        except StoreError as error:
            if error.reason is not Reason.PREFIX_EMPTY:
                raise
            return _Held(Listing.of(()), place.where.prefix)


async def _compared(manifest: Manifest, held: _Held) -> Finding:
    is_short = held.history.is_short and manifest.objects <= SHORT_OBJECTS
    found = await offload(lambda: drift(manifest.entries, held.history, held.prefix), inline=is_short)
    return source_unchanged(manifest, found)
