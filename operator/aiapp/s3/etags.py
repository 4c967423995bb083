"""ETags as stores write them: quoted, bare, or weak. One rule for everybody who compares two."""


def opaque(etag: str) -> str:
    """The tag itself, without quotes and without the mark of a weak one, which some proxies add."""
    return etag.strip().removeprefix("W/").strip('"')


def contradicts(said: str | None, wanted: str) -> bool:
    """Whether an answer's ETag is that of another object than `wanted`; an answer without one (None) tells nothing."""
    return said is not None and opaque(said) != opaque(wanted)


def conditions(etag: str) -> tuple[str, str]:
    """Values for `If-Match` to try in turn: as HTTP wants it, and bare, which a few stores insist on."""
    tag = opaque(etag)
    return f'"{tag}"', tag
