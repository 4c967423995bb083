"""What is known of a package's content without fetching it: by a SHA256SUMS file in it or by the store's checksums.

Never reads a model file. What cannot be learnt here is learnt at the first fetch, so that nothing here fails an import.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.sha256sums import MAX_SUMS_BYTES, SUMS, content_by_sums
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.package.inspection import Inspection, Valid
from aiapp.ports.objectstore import HashingStore, StoreError
from aiapp.reconcile.offload import offload
from aiapp.reconcile.sources.access import StoreAccess
from aiapp.reconcile.sources.live import KnownOfPin

DEADLINE_SECONDS: Final = 15.0
_FEW_OBJECTS: Final = 100
"""To look through so many takes less than to wake a thread."""


async def with_content(
    inspection: Inspection, content_of: KnownOfPin, access: StoreAccess, store: HashingStore, limit: int
) -> Inspection:
    """With what is known of the content. Files beside a config.json that names an image are not pinned."""
    if not isinstance(inspection, Valid) or inspection.image_reference is not None:
        return inspection
    content = content_of(inspection.manifest.pin) or await known_content(inspection, access, store, limit)
    return replace(inspection, content=content)


async def known_content(package: Valid, access: StoreAccess, store: HashingStore, limit: int) -> KnownContent | None:
    """None when neither knows the hash of every file; the store is asked about at most `limit` objects."""
    hashes = _Hashes(access, store, access.where.prefix + package.uri.removeprefix(access.where.uri))
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await hashes.by_sums(package) or await hashes.by_checksums(package, limit)
    except (StoreError, TimeoutError):
        return None


class _Hashes:
    def __init__(self, access: StoreAccess, store: HashingStore, root: str) -> None:
        self._access = access
        self._store = store
        self._root = root

    async def by_sums(self, package: Valid) -> KnownContent | None:
        entries = package.manifest.entries
        file = await offload(lambda: _sums(entries), inline=len(entries) <= _FEW_OBJECTS)
        if file is None or file.size > MAX_SUMS_BYTES:
            return None
        sums = await self._store.read(self._access.where, self._access.credentials, self._listed(file), MAX_SUMS_BYTES)
        found = await offload(lambda: content_by_sums(sums, entries))
        return None if found is None else KnownContent(found, "SHA256SUMS")

    async def by_checksums(self, package: Valid, limit: int) -> KnownContent | None:
        """Asks for the largest file first: if any was uploaded in parts, it was, and has no hash of its own."""
        entries, is_short = package.manifest.entries, package.manifest.objects <= _FEW_OBJECTS
        if len(entries) > limit:
            return None
        first, *others = await offload(lambda: sorted(entries, key=lambda entry: -entry.size), inline=is_short)
        found = [await self._hash(first)]
        if found[0] is not None:
            found += await asyncio.gather(*map(self._hash, others))
        hashes = {entry.path: known for entry, known in zip((first, *others), found, strict=False) if known}
        if len(hashes) < len(entries):
            return None
        return KnownContent(await offload(lambda: content(entries, hashes), inline=is_short), "Checksums")

    async def _hash(self, entry: Entry) -> str | None:
        return await self._store.sha256(self._access.where, self._access.credentials, self._listed(entry))

    def _listed(self, entry: Entry) -> Listed:
        return Listed(f"{self._root}{entry.path}", entry.size, entry.etag, entry.version_id)


def _sums(entries: Iterable[Entry]) -> Entry | None:
    return next((entry for entry in entries if entry.path == SUMS), None)
