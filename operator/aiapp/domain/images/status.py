"""From what a registry said of an image to the part of a version's status.

Every text of it is the image author's: what does not fit the status is shortened or left out, never a fault.
"""

from collections.abc import Iterable
from typing import Final

from aiapp.api.image import ImageHints, ImagePlatform, ImageStatus
from aiapp.domain.images.hints import hints
from aiapp.domain.images.reference import reference
from aiapp.domain.images.registry_image import ImageConfig, Platform, PlatformImage, RegistryImage
from aiapp.domain.sizes import human_size

MAX_PLATFORMS: Final = 16
MAX_WORDS: Final = 32
"""Of a command."""
MAX_WORD_CHARACTERS: Final = 1024
MAX_USER_CHARACTERS: Final = 256

_MORE: Final = "..."
_WORD_ENDS: Final = "\n\t"
"""Control characters that commands have for good reasons."""


def image_status(image: RegistryImage) -> ImageStatus:
    """Where platforms differ in what containers do, nothing is said of it."""
    first, configs = image.platforms[0].config, [one.config for one in image.platforms]
    return ImageStatus(
        reference=str(image.reference),
        image=image.pinned,
        digest=image.digest,
        platforms=tuple(map(_platform, image.platforms))[:MAX_PLATFORMS],
        absent_platforms=tuple(map(str, image.absent))[:MAX_PLATFORMS],
        bytes=image.bytes,
        size=human_size(image.bytes),
        entrypoint=_words((*first.entrypoint, *first.command)),
        port=_port(configs),
        user=_user(first.user),
        hints=_hints(configs),
    )


def original(image: ImageStatus) -> str:
    """The image by its digest in the registry that was asked for it, wherever pods get it from."""
    return str(reference(image.reference).pinned(image.digest))


def found_again(image: ImageStatus) -> RegistryImage:
    """The image that a status shows, without what its containers do."""
    platforms = tuple(
        PlatformImage(Platform(one.os, one.architecture, one.variant), one.digest, one.bytes, ImageConfig())
        for one in image.platforms
    )
    return RegistryImage(reference(image.reference), image.digest, "", platforms)


def _platform(image: PlatformImage) -> ImagePlatform:
    """Kubernetes takes its words for platforms from Go, as registries do."""
    platform = image.platform
    return ImagePlatform(
        os=platform.os,
        architecture=platform.architecture,
        variant=platform.variant,
        digest=image.digest,
        bytes=image.bytes,
    )


def _port(configs: Iterable[ImageConfig]) -> int | None:
    """The only port that every platform exposes."""
    exposed = {config.exposed_ports for config in configs}
    ports = next(iter(exposed)) if len(exposed) == 1 else ()
    return ports[0] if len(ports) == 1 else None


def _hints(configs: Iterable[ImageConfig]) -> ImageHints | None:
    """What all platforms say."""
    by_platform = [hints(config) for config in configs]
    return by_platform[0] if all(one == by_platform[0] for one in by_platform) else None


def _words(words: tuple[str, ...]) -> tuple[str, ...] | None:
    kept = [_printable(word) for word in words[:MAX_WORDS]]
    if len(words) > MAX_WORDS:
        kept[-1] = _MORE
    return tuple(kept) or None


def _printable(word: str) -> str:
    cut = word if len(word) <= MAX_WORD_CHARACTERS else word[: MAX_WORD_CHARACTERS - len(_MORE)] + _MORE
    return "".join(c if c.isprintable() or c in _WORD_ENDS else "\N{REPLACEMENT CHARACTER}" for c in cut)


def _user(user: str) -> str | None:
    return user if user and user.isprintable() and len(user) <= MAX_USER_CHARACTERS else None
