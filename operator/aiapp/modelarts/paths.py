"""Paths that a package declares, and the paths by which a server sees the requests for them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

MAX_PATH = 256
RULE = f"must be a path from '/', at most {MAX_PATH} characters"

_PATH = re.compile(r"/(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
_LEADING_SLASHES = re.compile("^//+")


def declared_path(written: Any) -> str | None:
    """Returns the path, which may have a query; None for what is no path. Clients would take `//x` for a host."""
    if not isinstance(written, str) or len(written) > MAX_PATH or not _PATH.fullmatch(written):
        return None
    return _LEADING_SLASHES.sub("/", written)


def request_path(url: str) -> str:
    """What is left of a declared path in a request once a server has read it: unescaped, without query and last `/`."""
    return "/" + unquote(url.partition("#")[0].partition("?")[0]).strip("/")
