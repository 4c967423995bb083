"""Looks at a package in object storage and says what it is, or the one reason why it is not accepted.

Never writes anything, never keeps state, never executes what it reads; the caller turns the result into conditions.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from aiapp.api.conditions import Reason
from aiapp.domain.credentials import Credentials
from aiapp.domain.keys import KeyRefusedError
from aiapp.domain.location import Location
from aiapp.domain.manifest import Listed, Manifest, ManifestError, from_listing, is_folder_marker
from aiapp.domain.package.config import MAX_CONFIG_BYTES, Config, read_config
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved, Valid
from aiapp.domain.package.layout import CONFIG, Layout, locate, missing_files
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.package.service_code import MAX_SERVICE_CODE_BYTES, SERVICE_CODE, code_refusal
from aiapp.ports import ObjectChangedError, ObjectStore, PythonParser, StoreError

DEADLINE_SECONDS: Final = 60.0
"""For one whole look at a package, listing included; a caller may give another."""

_PAGE_OBJECTS: Final = 1000
"""A listing longer than a page is not one moment of the store and is therefore taken twice."""
_SHORT_LISTING: Final = 100
"""Objects. Work on so few takes less than a millisecond: less than a thread needs to be woken on a busy machine."""
_SHORT_CONFIG: Final = 1024
"""Bytes. The same for reading config.json."""

Result = TypeVar("Result")


async def inspect(
    where: Location,
    credentials: Credentials | None,
    store: ObjectStore,
    parser: PythonParser,
    known_listing: str | None = None,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Inspection:
    """List the package, and read and check it unless its listing is `known_listing`. Never raises for its content."""
    look = _Look(where, credentials, store, parser)
    try:
        async with asyncio.timeout(deadline_seconds):
            return await look.taken(known_listing)
    except StoreError as error:
        return Unresolved(error.reason, error.message, error.retryable)
    except TimeoutError:
        return Unresolved(Reason.ENDPOINT_UNREACHABLE, _too_slow(look.where, deadline_seconds), retryable=True)


@dataclass(frozen=True, slots=True)
class _Look:
    where: Location
    credentials: Credentials | None
    store: ObjectStore
    parser: PythonParser

    async def taken(self, known_listing: str | None) -> Inspection:
        try:
            return await self._once(known_listing)
        except ObjectChangedError:  # somebody is uploading: once more, then it is for the next attempt
            return await self._once(known_listing)

    async def _once(self, known_listing: str | None) -> Inspection:
        listed = await self.store.list(self.where, self.credentials)
        listing = await _digested(listed)
        if listing == known_listing:
            return Unchanged(listing)
        checked = await self._checked({one.key: one for one in listed})
        if len(listed) > _PAGE_OBJECTS:
            await self._list_again(listing)
        if isinstance(checked, Refusal):
            return Invalid(self.where.uri, listing, *checked)
        layout, config, manifest = checked
        return Valid(f"{self.where.uri}{layout.root}", listing, manifest, config.model, config.runtime)

    async def _list_again(self, listing: str) -> None:
        listed = await self.store.list(self.where, self.credentials)
        if listing != await _digested(listed):
            raise ObjectChangedError(self.where.prefix)

    async def _checked(self, listed: Mapping[str, Listed]) -> tuple[Layout, Config, Manifest] | Refusal:
        is_short = len(listed) <= _SHORT_LISTING
        layout = await _done(lambda: _layout(listed.values(), self.where.prefix), inline=is_short)
        if isinstance(layout, Refusal):
            return layout
        root = f"{self.where.prefix}{layout.root}"
        config = await self._config(layout, listed[f"{root}{CONFIG}"])
        if isinstance(config, Refusal):
            return config
        refusal = missing_files(layout, config.kind) or await self._code_refusal(
            layout, listed.get(f"{root}{SERVICE_CODE}")
        )
        if refusal is not None:
            return refusal
        manifest = await _done(lambda: _manifest(listed.values(), root), inline=is_short)
        return manifest if isinstance(manifest, Refusal) else (layout, config, manifest)

    async def _config(self, layout: Layout, listed: Listed) -> Config | Refusal:
        name = layout.name(CONFIG)
        if listed.size > MAX_CONFIG_BYTES:
            return Refusal(Reason.CONFIG_INVALID, _too_long(name, listed.size, MAX_CONFIG_BYTES))
        data = await self.store.read(self.where, self.credentials, listed, MAX_CONFIG_BYTES)
        return await _done(lambda: read_config(data, name), inline=len(data) <= _SHORT_CONFIG)

    async def _code_refusal(self, layout: Layout, listed: Listed | None) -> Refusal | None:
        if listed is None:
            return None
        name = layout.name(SERVICE_CODE)
        if listed.size > MAX_SERVICE_CODE_BYTES:
            return Refusal(Reason.SERVICE_CODE_INVALID, _too_long(name, listed.size, MAX_SERVICE_CODE_BYTES))
        source = await self.store.read(self.where, self.credentials, listed, MAX_SERVICE_CODE_BYTES)
        return code_refusal(await self.parser.parse(source), name)


async def _done(work: Callable[[], Result], *, inline: bool) -> Result:
    """The result of `work`, for which a thread keeps the event loop free unless it is short."""
    return work() if inline else await asyncio.to_thread(work)


async def _digested(listed: Collection[Listed]) -> str:
    return await _done(lambda: _digest(listed), inline=len(listed) <= _SHORT_LISTING)


def _layout(listed: Collection[Listed], prefix: str) -> Layout | Refusal:
    return locate({one.key.removeprefix(prefix): one.size for one in listed if not is_folder_marker(one)})


def _manifest(listed: Collection[Listed], root: str) -> Manifest | Refusal:
    """What is to be pinned: the objects under the package's root; what lies beside that is not the package."""
    try:
        return from_listing((one for one in listed if one.key.startswith(root)), root)
    except KeyRefusedError as error:
        return Refusal(Reason.KEY_REFUSED, str(error))
    except ManifestError as error:
        message = f"the store lists an object that cannot be pinned: {error}"
        raise StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True) from error


def _digest(listed: Collection[Listed]) -> str:
    """Over everything that was listed, hostile keys included; only ever compared with itself."""
    digest = hashlib.sha256()
    for one in sorted(listed, key=lambda one: one.key):
        digest.update(repr(tuple(one)).encode())
    return f"sha256:{digest.hexdigest()}"


def _too_long(name: str, size: int, limit: int) -> str:
    return f"{name} has {size} bytes; at most {limit} are read"


def _too_slow(where: Location, seconds: float) -> str:
    return f"{where.host} did not deliver the listing and the small files of {where.uri} within {seconds:g} s"
