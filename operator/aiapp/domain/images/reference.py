"""Names of container images: `registry[:port]/repository[:tag][@digest]`, read as Docker and containerd read them.

Never asks a registry.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

HUB: Final = "docker.io"
"""The registry of names without one."""
DEFAULT_TAG: Final = "latest"
MAX_CHARACTERS: Final = 512
"""Of a whole reference."""
MAX_NAME_CHARACTERS: Final = 255
"""Of registry and repository together, as in the reference implementation (distribution)."""

_HUB_ALIASES: Final = frozenset({"index.docker.io", "registry-1.docker.io"})
_HUB_OFFICIAL: Final = "library"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_REGISTRY: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?")
_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{64}")
"""What the tools show of an image that has no name."""


class InvalidReferenceError(ValueError):
    """The text names no image; says why, and begins with the text itself."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry, with every default filled in. Tag, digest, or both (the digest counts then)."""

    registry: str
    """`host[:port]` in lower case; `docker.io` for the Hub."""
    repository: str
    """The path within the registry, for example `library/ubuntu`."""
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What the registry is asked for: the digest, or else the tag."""
        return self.digest or self.tag or DEFAULT_TAG

    def pinned(self, digest: str) -> "Reference":
        """The same image by a digest alone."""
        return replace(self, tag=None, digest=digest)

    @override
    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")


def reference(text: str) -> Reference:
    """The image that a text names. Raises `InvalidReferenceError`."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidReferenceError(f"{text[:64]!r}... has more than {MAX_CHARACTERS} characters")
    rest, at, digest = text.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise InvalidReferenceError(
            f"{text!r}: after '@' stands no digest of the form sha256: and 64 hexadecimal digits"
        )
    name, tag = _name_and_tag(rest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise InvalidReferenceError(
            f"{text!r}: the tag {tag!r} is not letters, digits, '_', '.' and '-', at most 128 of them"
        )
    registry, repository = _registry_and_repository(name, text)
    if tag is None and not at:
        tag = DEFAULT_TAG
    return Reference(registry, repository, tag, digest or None)


def registry_of(text: str) -> str:
    """The registry of what may be a reference, without looking at the rest of it."""
    first, slash, _ = text.partition("/")
    return first.lower() if slash and _is_registry(first) else HUB


def _name_and_tag(text: str) -> tuple[str, str | None]:
    """A colon before the last slash belongs to the port."""
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, None)


def _registry_and_repository(name: str, text: str) -> tuple[str, str]:
    first, slash, path = name.partition("/")
    if not slash or not _is_registry(first):
        first, path = HUB, name
    elif (problem := _registry_problem(first)) is not None:
        raise InvalidReferenceError(f"{text!r}: {problem}")
    registry = first.lower()
    if registry in _HUB_ALIASES:
        registry = HUB
    if registry == HUB and "/" not in path:
        path = f"{_HUB_OFFICIAL}/{path}"
    _require_repository(registry, path, text)
    return registry, path


def _is_registry(first: str) -> bool:
    """Whether what stands before the first slash is a host, and no part of a path on the Hub."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _registry_problem(registry: str) -> str | None:
    found = _REGISTRY.fullmatch(registry)
    if found is None:
        return f"{registry!r} is no host[:port]"
    if found[1] is not None and not 0 < int(found[1]) < 1 << 16:
        return f"{found[1]} is no port"
    return None


def _require_repository(registry: str, path: str, text: str) -> None:
    if not all(map(_COMPONENT.fullmatch, path.split("/"))):
        words = "a repository is lower-case letters and digits, with '.', '_' and '-' within and '/' between them"
        raise InvalidReferenceError(f"{text!r}: {words}")
    if _IDENTIFIER.fullmatch(path.rpartition("/")[2]) and registry == HUB and path.startswith(f"{_HUB_OFFICIAL}/"):
        raise InvalidReferenceError(f"{text!r} is an image's identifier, under which no registry has it")
    if len(registry) + 1 + len(path) > MAX_NAME_CHARACTERS:
        raise InvalidReferenceError(
            f"{text!r}: registry and repository have more than {MAX_NAME_CHARACTERS} characters"
        )
