"""A container image in a registry, asked for one version. Writes nothing."""

from dataclasses import dataclass

from typing_extensions import override

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.api.source import ImageSource
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.images.wanted import WantedImage, of_source
from aiapp.domain.package.inspection import Inspection, Unresolved, ValidImage
from aiapp.domain.records import VersionRecord
from aiapp.reconcile.sources.images import Images, NotCopied, version_key
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource


@dataclass(frozen=True, slots=True)
class SourceImage(LiveSource):
    """The image that a version's source names."""

    record: VersionRecord
    source: ImageSource
    images: Images

    @override
    async def inspect(self, known: KnownOfPin) -> Inspection:
        found = await self.images.resolve(self._wanted, version_key(self.record))
        match found:
            case ImageStatus():
                return ValidImage(found)
            case NotCopied(image):
                return found.of(ValidImage(image))
            case Unresolved():
                return found

    @override
    async def compare(self) -> Finding:
        pinned = self.record.status.image
        if pinned is None:
            return unknown(ConditionType.SOURCE_UNCHANGED, Reason.SPEC_INVALID, "what is pinned is no image")
        return await self.images.compare(self._wanted, pinned, version_key(self.record))

    @override
    async def require_access(self) -> None:
        await self.images.require_access(self._wanted, self.record.namespace)

    @property
    def _wanted(self) -> WantedImage:
        return of_source(self.source, self.record.spec)
