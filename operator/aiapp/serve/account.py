"""The account that the process runs under, for images that have none for its user: compilers and caches ask for it."""

from __future__ import annotations

import contextlib
import os
import pwd
from typing import MutableMapping, Optional

TEMPORARY = "/tmp"  # noqa: S108 - the pod's own


def complete(environment: MutableMapping[str, str], temporary: str = TEMPORARY) -> None:
    """Sets USER and LOGNAME where the user has no account, and HOME where there is no such folder to write to.

    What leads to a writable folder is left as it is, so an image with an account keeps its own home.
    """
    account = _account()
    if account is None:
        name = "uid{}".format(os.getuid())
        environment.setdefault("USER", name)
        environment.setdefault("LOGNAME", name)
    home = environment.get("HOME") or (account.pw_dir if account else "")
    if not _is_writable(home):
        home = _own(os.path.join(temporary, "home-{}".format(os.getuid())))
        environment["HOME"] = home
    cache = os.path.join(home, ".cache")
    if "XDG_CACHE_HOME" not in environment and os.path.isdir(cache) and not _is_writable(cache):
        environment["XDG_CACHE_HOME"] = _own(os.path.join(temporary, "cache-{}".format(os.getuid())))


def _account() -> Optional[pwd.struct_passwd]:
    try:
        return pwd.getpwuid(os.getuid())
    except KeyError:
        return None


def _is_writable(folder: str) -> bool:
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def _own(folder: str) -> str:
    """The folder, made for this user alone where it is absent."""
    with contextlib.suppress(OSError):  # it exists already, or the next write will fail with the cause
        os.makedirs(folder, mode=0o700)
    return folder
