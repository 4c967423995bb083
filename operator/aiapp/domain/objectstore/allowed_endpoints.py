"""Which endpoints a Secret is for, by its annotation, so that no user can have it sent to another one. Pure."""

from typing import Final
from urllib.parse import urlsplit

ALLOWED_ENDPOINTS: Final = "aiapp.dev/allowed-endpoints"
"""Annotation of a Secret: endpoints or hosts, separated by commas or spaces. Absent: it is for any."""
_PORTS: Final = {"http": 80, "https": 443}


def is_allowed(annotation: str, scheme: str, host: str, port: int) -> bool:
    """Whether one of the endpoints is this one: `https://host:port`, `host`, or `*.domain` for everything below it.

    Without a scheme any will do, without a port the scheme's own. What cannot be read allows nothing.
    """
    return any(_is(item, scheme, host.rstrip(".").lower(), port) for item in annotation.replace(",", " ").split())


def _is(item: str, scheme: str, host: str, port: int) -> bool:
    try:
        parts = urlsplit(item if "://" in item else f"//{item}")
        asked = parts.port or _PORTS[scheme]
    except ValueError:
        return False
    return parts.scheme in {"", scheme} and _names(parts.hostname or "", host) and asked == port


def _names(pattern: str, host: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
