"""Logins of registries as Docker keeps them, in Secrets of type `kubernetes.io/dockerconfigjson` and `dockercfg`.

Chosen as the kubelet chooses them, so that what the operator may see is what a node may pull. Never shows a login in an
error.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

from aiapp.domain.images.reference import HUB, Reference
from aiapp.domain.wildcard import covers
from aiapp.oci.access import Login

CONFIG_KEY: Final = ".dockerconfigjson"
FORMER_KEY: Final = ".dockercfg"
MAX_BYTES: Final = 1 << 20
"""Of one document; a Secret may have no more."""
MAX_LOGINS: Final = 1000
"""In one document."""
MAX_TRIED: Final = 16
"""Logins for one image: each costs a registry a request, and too many of them lock an account."""

_HUB_KEY: Final = "index.docker.io"
"""How Docker names the Hub in its configuration."""
_API_ROOTS: Final = ("/v1/", "/v2/")
_NAME: Final = re.compile(
    r"(?![^#]*[\x00-\x1f\x7f])(?:https?://)?+"
    r"(?:(?:[-A-Za-z0-9._:~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*+@)*+"  # a login, which is for nothing here
    r"(\[[0-9A-Fa-f:.]+\]:[0-9]+|[^][:@/?#]*(?::[0-9]*)?|[^[:@/?#]*)"
    r"(/[^?#]*)?(?:[?][^#]*)?(?:#(?:[^%]|%[0-9A-Fa-f]{2})*)?"
)
"""What Go reads as a URL with a host, a port and a path. A `?` begins a query and other brackets are none of a host, so
that of the characters that stand for others in patterns the asterisk alone comes through. Brackets without a port are
such a pattern, for one character: an IPv6 address has a port, or is for nothing."""
_SENDABLE: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]*")


class DockerConfigError(ValueError):
    """The content holds no logins; the text says why and follows the name of the place it was found at."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The logins of one document."""

    logins: tuple[tuple[str, Login], ...] = field(repr=False)
    """By what they are for: `host[:port][/path]`, with `*` in the host; of those that begin alike the longest first."""

    def of(self, reference: Reference) -> tuple[Login, ...]:
        """The logins for an image, the most specific one first."""
        found = tuple(login for pattern, login in self.logins if _covers(pattern, reference))
        if found or reference.registry != HUB:
            return found
        return tuple(login for pattern, login in self.logins if pattern == _HUB_KEY)


def keyring(data: Mapping[str, bytes]) -> Keyring:
    """The logins in a Secret. Raises `DockerConfigError`."""
    if CONFIG_KEY in data:
        entries = _object(_document(data[CONFIG_KEY], CONFIG_KEY).get("auths", {}), CONFIG_KEY)
        key = CONFIG_KEY
    elif FORMER_KEY in data:
        entries, key = _document(data[FORMER_KEY], FORMER_KEY), FORMER_KEY
    else:
        raise DockerConfigError(f"has neither {CONFIG_KEY} nor {FORMER_KEY}")
    if len(entries) > MAX_LOGINS:
        raise DockerConfigError(f"{key} has more than {MAX_LOGINS} logins")
    found = [
        (_pattern(name), _login(entry, f"{key}: entry {at}")) for at, (name, entry) in enumerate(entries.items(), 1)
    ]
    known = ((pattern, login) for pattern, login in found if pattern is not None)
    return Keyring(tuple(sorted(known, key=lambda each: each[0], reverse=True)))


def logins(keyrings: Iterable[Keyring], reference: Reference) -> tuple[Login, ...]:
    """The logins for an image in the order in which they are tried, each once; at most `MAX_TRIED`."""
    found = dict.fromkeys(login for each in keyrings for login in each.of(reference))
    return tuple(islice(found, MAX_TRIED))


def _document(content: bytes, key: str) -> Mapping[str, Any]:
    if len(content) > MAX_BYTES:
        raise DockerConfigError(f"{key} has more than {MAX_BYTES} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise DockerConfigError(f"{key} is not JSON") from None
    return _object(found, key)


def _object(value: object, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DockerConfigError(f"{key} is not a Docker configuration: an object with registries is expected")
    return value


def _pattern(name: str) -> str | None:
    """What an entry is for: users write hosts, URLs, and Docker itself the URL of the registry's first API.

    None for what no kubelet reads: there it is passed over, too, and the other entries count.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    host, path = found[1], unquote(found[2] or "")
    path = next((path[len(root) - 1 :] for root in _API_ROOTS if path.startswith(root)), path)
    return host if path == "/" else f"{host}{path}"


def _login(entry: object, place: str) -> Login:
    """`place` tells an entry by its number: its name may hold a login as well, as in `https://user:token@host`."""
    if not isinstance(entry, dict):
        raise DockerConfigError(f"{place} is not an object")
    user, password = _text(entry, "username"), _text(entry, "password")
    if auth := _text(entry, "auth"):
        user, password = _decoded(auth, place)
    found = (user, password, _text(entry, "identitytoken"))
    if not all(map(_SENDABLE.fullmatch, found)):
        raise DockerConfigError(f"{place} holds control characters or what is no text")
    return Login(*found)


def _text(entry: Mapping[str, Any], field_name: str) -> str:
    value = entry.get(field_name)
    return value if isinstance(value, str) else ""


def _decoded(auth: str, place: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(auth + "=" * (-len(auth) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    user, colon, password = text.partition(":")
    if not colon:
        raise DockerConfigError(f"{place}: its auth is not user:password in base64")
    return user, password.rstrip("\0")  # some tools pad with it


def _covers(pattern: str, reference: Reference) -> bool:
    """By the kubelet's rule: the same number of labels in the host, the same port, and a path that begins so."""
    host, slash, path = pattern.partition("/")
    labels, port = _labels(host)
    asked, asked_port = _labels(reference.registry)
    return (
        port == asked_port
        and len(labels) == len(asked)
        and all(covers(one, label) for label, one in zip(asked, labels, strict=True))
        and f"/{reference.repository}".startswith(f"{slash}{path}")
    )


def _labels(host: str) -> tuple[list[str], str]:
    """Brackets are left out where a port follows them, as Go does."""
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host.split("."), ""
    return (name[1:-1] if name.startswith("[") else name).split("."), port
