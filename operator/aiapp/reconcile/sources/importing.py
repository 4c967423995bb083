"""Inspects a package in object storage: the package, or the one reason why it is not accepted.

Never writes anything, never keeps state, never executes what it reads; the caller turns the result into conditions.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.changes import listing_changes
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import Manifest, from_listing
from aiapp.domain.artifact.manifest_config_map import MAX_PAYLOAD_BYTES
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.keys import KeyRefusedError
from aiapp.domain.objectstore.listing import Files, Listed, Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.acceptance import Accepted, AcceptedFolder, AcceptedWeights, AnyAccepted, accept
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved
from aiapp.domain.package.layout import Layout, locate
from aiapp.domain.package.refusal import Refusal, refusal_at, together
from aiapp.domain.package.service_code import MAX_SERVICE_CODE_BYTES, ServiceCode, accepted_code
from aiapp.domain.weights.model_config import model_config
from aiapp.modelarts.config import MAX_CONFIG_BYTES
from aiapp.modelarts.model_files import CONFIG_FILE, SERVICE_FILE
from aiapp.modelarts.model_types import IMAGE
from aiapp.ports.objectstore import ObjectChangedError, ObjectStore, StoreError
from aiapp.ports.syntax import ParserError, PythonParser
from aiapp.reconcile.offload import offload
from aiapp.reconcile.sources.weights import FilesOfPackage, find_weights

DEADLINE_SECONDS: Final = 300.0
"""Deadline of one look at a package: 100,000 objects take 200 answers of a store."""
ATTEMPTS: Final = 3
"""How often a package that does not hold still is read again within one look."""

_SHORT_CONFIG: Final = 1024
"""Bytes. To read so short a config.json takes less than to wake a thread."""


async def manifest_of_root(listing: Listing, root: str) -> Manifest | Refusal:
    """The manifest of the objects under the package's root, and nothing beside it. Raises `StoreError`."""
    objects = (one for one in listing if one.key.startswith(root))
    return await offload(lambda: pinnable(lambda: from_listing(objects, root)), inline=listing.is_short)


def pinnable(make: Callable[[], Manifest]) -> Manifest | Refusal:
    """The manifest to be pinned, or why it cannot be. Raises `StoreError`."""
    try:
        manifest = make()
    except KeyRefusedError as error:
        return Refusal(Reason.KEY_REFUSED, str(error))
    except ManifestError as error:
        message = f"the store lists an object that cannot be pinned: {error}"
        raise StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True) from error
    return _too_large(manifest) if len(manifest.payload) > MAX_PAYLOAD_BYTES else manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a look at a package is to keep to."""

    seconds: float = DEADLINE_SECONDS
    """Its deadline."""
    own_image: bool = False
    """Whether an image of the user's own serves the package, so that no file but config.json is asked for."""
    takes_folders: bool = False
    """Whether what is to serve it takes a folder without a config.json."""
    manifest: Callable[[Listing, str], Awaitable[Manifest | Refusal]] = manifest_of_root
    """Makes the manifest of what was listed last, from the listing and the prefix of the package's root."""


DEFAULT_TERMS: Final = Terms()


async def inspect(
    where: Location,
    credentials: Credentials | None,
    store: ObjectStore,
    parser: PythonParser,
    known_listing: str | None = None,
    terms: Terms = DEFAULT_TERMS,
) -> Inspection:
    """List the package, and read and check it unless its listing is `known_listing`. Never raises for its content."""
    inspection = _Inspection(where, credentials, store, parser, terms)
    try:
        async with asyncio.timeout(terms.seconds):
            return await inspection.taken(known_listing)
    except StoreError as error:
        return Unresolved(error.reason, error.message, error.retryable)
    except ParserError as error:
        return Unresolved(Reason.INTERNAL_ERROR, f"{SERVICE_FILE} was not parsed: {error}", retryable=True)
    except TimeoutError:
        return Unresolved(Reason.LIMIT_EXCEEDED, _too_slow(inspection.where, terms.seconds), retryable=True)


@dataclass(frozen=True, slots=True)
class _Moved:
    """The package was changed while it was read."""

    listing: Listing
    """The listing after the change."""
    message: str


@dataclass(frozen=True, slots=True)
class _Inspection:
    where: Location
    credentials: Credentials | None
    store: ObjectStore
    parser: PythonParser
    terms: Terms

    async def taken(self, known_listing: str | None) -> Inspection:
        listing = await self._listing()
        if listing.digest == known_listing:
            return Unchanged(listing.digest)
        why = ""
        for _ in range(ATTEMPTS):
            found = await self._attempt(listing)
            if not isinstance(found, _Moved):
                return found
            listing, why = found.listing, found.message
        message = f"{ATTEMPTS} times in a row {why}: it is read again until it holds still"
        raise StoreError(Reason.LISTING_UNSTABLE, message, retryable=True)

    async def _attempt(self, listing: Listing) -> Inspection | _Moved:
        """The result for a package that is the same before and after it was read."""
        try:
            found = await self._read(listing)
        except ObjectChangedError as error:
            return _Moved(await self._listing(), error.message)
        if listing.pages == 1:
            return found
        again = await self._listing()
        if again.digest == listing.digest:
            return found
        changes = await offload(lambda: listing_changes(listing, again))
        return _Moved(again, f"the package changed while it was read ({changes})")

    async def _listing(self) -> Listing:
        return await self.store.list(self.where, self.credentials)

    async def _read(self, listing: Listing) -> Inspection:
        checked = await self._checked(listing)
        if isinstance(checked, Refusal):
            return Invalid(self.where.uri, listing.digest, *checked)
        package, manifest = checked
        return package.valid(self.where.uri, listing.digest, manifest)

    async def _checked(self, listing: Listing) -> tuple[AnyAccepted, Manifest] | Refusal:
        layout = await offload(lambda: self._layout(listing), inline=listing.is_short)
        if isinstance(layout, Refusal):
            return layout
        package = await self._accepted(layout, listing)
        if isinstance(package, Refusal):
            return package
        root = f"{self.where.prefix}{layout.root}"
        manifest = await self.terms.manifest(listing, root)
        return manifest if isinstance(manifest, Refusal) else (package, manifest)

    def _layout(self, listing: Listing) -> Layout | Refusal:
        files = Files(listing, self.where.prefix)
        layout = locate(files, self.where.uri)
        is_plain = isinstance(layout, Refusal) and layout.reason is Reason.CONFIG_MISSING
        return Layout("", files) if is_plain and self.terms.takes_folders else layout

    async def _accepted(self, layout: Layout, listing: Listing) -> AnyAccepted | Refusal:
        """The files at the root that `layout` names, by what its config.json is."""
        files = FilesOfPackage(self.where, self.credentials, self.store, listing, layout)
        listed = files.listed(CONFIG_FILE)
        if listed is None:
            return AcceptedFolder(layout)
        name = layout.name(CONFIG_FILE)
        if listed.size > MAX_CONFIG_BYTES:
            return refusal_at(Reason.CONFIG_INVALID, _too_long(listed.size, MAX_CONFIG_BYTES), name)
        data = await self.store.read(self.where, self.credentials, listed, MAX_CONFIG_BYTES)
        inline = listing.is_short and len(data) <= _SHORT_CONFIG
        own = await offload(lambda: model_config(data, layout.files), inline=inline)
        if own is not None:
            weights = await find_weights(files, own)
            return weights if isinstance(weights, Refusal) else AcceptedWeights(layout, weights)
        config = await offload(lambda: read_config(data, name, layout.files), inline=inline)
        return await self._accepted_package(files, config)

    async def _accepted_package(self, files: FilesOfPackage, config: PackageConfig | Refusal) -> Accepted | Refusal:
        """A package of ModelArts."""
        layout, terms = files.layout, self.terms
        own_image = terms.own_image or (isinstance(config, PackageConfig) and config.kind is IMAGE)
        code = None if own_image else await self._code(layout, files.listed(SERVICE_FILE))
        if isinstance(config, Refusal):
            return together([config, code]) if isinstance(code, Refusal) else config
        return await offload(lambda: accept(layout, config, code, own_image=own_image), inline=files.listing.is_short)

    async def _code(self, layout: Layout, listed: Listed | None) -> ServiceCode | Refusal | None:
        """The inference code; None when there is no such file."""
        if listed is None:
            return None
        name = layout.name(SERVICE_FILE)
        if listed.size > MAX_SERVICE_CODE_BYTES:
            return refusal_at(Reason.SERVICE_CODE_INVALID, _too_long(listed.size, MAX_SERVICE_CODE_BYTES), name)
        source = await self.store.read(self.where, self.credentials, listed, MAX_SERVICE_CODE_BYTES)
        return accepted_code(await self.parser.parse(source), name)


def _too_large(manifest: Manifest) -> Refusal:
    """The manifest takes more than `MAX_PAYLOAD_BYTES`."""
    message = (
        f"the manifest of its {manifest.objects} objects takes {len(manifest.payload)} bytes, compressed; at most "
        f"{MAX_PAYLOAD_BYTES} are kept in ConfigMaps: pack small files together, or give them shorter names"
    )
    return Refusal(Reason.LIMIT_EXCEEDED, message)


def _too_long(size: int, limit: int) -> str:
    return f"it has {size} bytes; at most {limit} are read"


def _too_slow(where: Location, seconds: float) -> str:
    wanted = f"the listing and the small files of {where.uri}"
    return f"{where.host} did not deliver {wanted} within {seconds:g} s (AIAPP_IMPORT_SECONDS)"
