"""Normalizes and compares ETags, which stores write quoted, unquoted or weak."""


def opaque(etag: str) -> str:
    """Returns the tag without quotes and without the weak prefix, which some proxies add."""
    return etag.strip().removeprefix("W/").strip('"')


def contradicts(actual: str | None, expected: str) -> bool:
    """Returns True if a response's ETag differs; a response without one (None) contradicts nothing."""
    return actual is not None and opaque(actual) != opaque(expected)


def if_match_values(etag: str) -> tuple[str, str]:
    """Returns the values of `If-Match` to try in order: quoted, then unquoted, which a few stores require."""
    tag = opaque(etag)
    return f'"{tag}"', tag
