"""Compares a pinned package with what lies there now. Writes a deleted manifest again, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.package_drift import manifest_missing, unchanged
from aiapp.ports.objectstore import StoreError
from aiapp.reconcile.manifests import ManifestGoneError, Manifests
from aiapp.reconcile.shared_config_maps import TakenError
from aiapp.reconcile.sources.access import AccessError

Found = TypeVar("Found")

MadeAgain = Callable[[], Awaitable[Manifest | str]]
"""The manifest that was pinned, from what lies there now; or half a sentence about why there is none."""


async def in_time(comparison: Awaitable[Found], seconds: float) -> Found | Finding:
    """What the comparison finds; or why the store cannot be asked: the condition `SourceUnchanged`."""
    try:
        async with asyncio.timeout(seconds):
            return await comparison
    except (AccessError, StoreError) as error:
        return unknown(ConditionType.SOURCE_UNCHANGED, error.reason, error.message)
    except TimeoutError:
        message = f"the listing took more than {seconds:g} s (AIAPP_IMPORT_SECONDS)"
        return unknown(ConditionType.SOURCE_UNCHANGED, Reason.LIMIT_EXCEEDED, message)


@dataclass(frozen=True, slots=True)
class PinnedPackage:
    """What a version is pinned to. Raises `ApiError`."""

    record: VersionRecord
    artifact: PackageArtifact
    manifests: Manifests

    async def compared(self, changes: Callable[[Manifest], Awaitable[Finding]], again: MadeAgain) -> Finding:
        """What became of it; without its manifest that it is still there, if it can be made again."""
        try:
            manifest = await self.manifests.read(self.record.namespace, self.artifact)
        except ManifestGoneError as error:
            return await self._restored(error, again)
        except ManifestError as error:
            return manifest_missing(str(error))
        return await changes(manifest)

    async def _restored(self, gone: ManifestGoneError, again: MadeAgain) -> Finding:
        manifest = await again()
        if isinstance(manifest, str):
            return manifest_missing(f"{gone}, and {manifest}")
        try:
            await self.manifests.keep(manifest, self.record.raw)
        except TakenError as error:
            return manifest_missing(error.message)
        return unchanged(manifest.objects)
