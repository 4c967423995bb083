"""The image that a version names, and how it says that the registry is reached."""

from dataclasses import dataclass

from aiapp.api.container import ImageRegistry
from aiapp.api.meta import CaBundleReference
from aiapp.api.source import ImageSource
from aiapp.api.version import VersionSpec
from aiapp.domain.images.reference import InvalidReferenceError, Reference, reference


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedImage:
    """An image as a version names it, and in which field."""

    text: str
    where: str
    """The field or key that holds the text."""
    pull_secrets: tuple[str, ...] = ()
    """Names of Secrets with logins, in their order."""
    ca_bundle: CaBundleReference | None = None
    plain_http: bool = False
    replicate: bool | None = None
    """Whether it is copied to the installation's own registry; None: if there is one."""
    replicate_field: str = "spec.source.image.replicate"
    """The field that says so."""

    @property
    def reference(self) -> Reference:
        """With every default filled in. Raises `InvalidReferenceError`, which names the place."""
        try:
            return reference(self.text)
        except InvalidReferenceError as error:
            raise InvalidReferenceError(f"{self.where}: {error}") from None


def of_source(source: ImageSource, spec: VersionSpec) -> WantedImage:
    """The image that holds model and server."""
    return WantedImage(
        text=source.reference,
        where="spec.source.image.reference",
        pull_secrets=pull_secrets(spec),
        ca_bundle=source.ca_bundle_ref,
        plain_http=source.plain_http,
        replicate=source.replicate,
    )


def of_package(spec: VersionSpec, text: str, where: str) -> WantedImage:
    """The image `text` that serves the package of a version."""
    registry = (spec.container.image_registry if spec.container else None) or ImageRegistry()
    return WantedImage(
        text=text,
        where=where,
        pull_secrets=pull_secrets(spec),
        ca_bundle=registry.ca_bundle_ref,
        plain_http=registry.plain_http,
        replicate=registry.replicate,
        replicate_field="spec.container.imageRegistry.replicate",
    )


def own_image(spec: VersionSpec) -> str | None:
    """The user's own image that is to serve a package (engine Custom)."""
    return spec.container.image if spec.container else None


def pull_secrets(spec: VersionSpec) -> tuple[str, ...]:
    """The Secrets that its pods pull with."""
    named = (spec.container.image_pull_secrets if spec.container else None) or ()
    return tuple(reference.name for reference in named)
