"""The image of the user's own that serves a package, asked for one version."""

from dataclasses import dataclass

from aiapp.api.image import ImageStatus
from aiapp.domain.conditions import Finding
from aiapp.domain.images.wanted import WantedImage, of_package, own_image
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.own_image import image_refusal, with_image
from aiapp.reconcile.sources.images import Images, NotCopied, version_key


@dataclass(frozen=True, slots=True)
class ServingImage:
    """All methods raise `ApiError`; `require_access` raises `AccessError` as well."""

    record: VersionRecord
    images: Images

    async def served(self, found: Inspection) -> Inspection:
        """With the image that is to serve what was found, if there is one."""
        if not isinstance(found, Valid):
            return found
        if (refusal := image_refusal(found, self.record.spec)) is not None:
            return refusal
        wanted = self._wanted(found)
        if wanted is None:
            return found
        image = await self.images.resolve(wanted, version_key(self.record))
        match image:
            case ImageStatus():
                return with_image(found, image)
            case NotCopied(known):
                return image.of(with_image(found, known))
            case Unresolved():
                return image

    def _wanted(self, found: Valid) -> WantedImage | None:
        spec = self.record.spec
        if found.image_reference is not None:
            return of_package(spec, found.image_reference, "swr_location in config.json")
        own = own_image(spec)
        return None if own is None else of_package(spec, own, "spec.container.image")

    def _pinned_image(self) -> tuple[WantedImage, ImageStatus] | None:
        pinned = self.record.status.image
        return None if pinned is None else (of_package(self.record.spec, pinned.reference, "status.image"), pinned)

    async def compare(self) -> Finding | None:
        """Whether its registry still has what is pinned; None where no image of the user's own serves the version."""
        served = self._pinned_image()
        return None if served is None else await self.images.compare(*served, version_key(self.record))

    async def require_access(self) -> None:
        """That new pods may have what they need to reach it."""
        if (served := self._pinned_image()) is not None:
            await self.images.require_access(served[0], self.record.namespace)
