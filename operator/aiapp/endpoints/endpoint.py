"""An endpoint: scheme, host and port. Never resolves a name."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.endpoints.hints import Hints

MAX_HOST_CHARACTERS: Final = 253
"""Limit of DNS."""

_PORTS: Final = {"http": 80, "https": 443}
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class EndpointFormError(ValueError):
    """The text is not `http(s)://host[:port]`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests are sent."""

    scheme: str
    hostname: str
    """The host to connect to. IPv6 addresses have no brackets."""
    port: int

    @property
    def host(self) -> str:
        """The value of the `Host` header: with the port unless it is the scheme's default."""
        name = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`."""
        return f"{self.scheme}://{self.host}"


def endpoint(url: str) -> Endpoint:
    """The endpoint of a URL, whose path is left out. Raises `EndpointFormError`."""
    try:
        parts = urlsplit(url)
        hostname, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise EndpointFormError(url) from error
    if parts.scheme not in _PORTS or port == 0 or not (is_address(hostname) or is_name(hostname)):
        raise EndpointFormError(url)
    return Endpoint(parts.scheme, hostname, port or _PORTS[parts.scheme])


def refusal(asked: Endpoint, listed_as: str, policy: EndpointPolicy, hints: Hints, *, allow_http: bool) -> str | None:
    """Why the endpoint as written is not allowed; None: it is. `listed_as` is the host that lists of them refer to.

    Resolved addresses are checked when connecting; a proxy resolves names itself.
    """
    if asked.scheme != "https" and not allow_http:
        return f"{asked.host} is not https: {hints.allow_http}"
    if found := policy.host_refusal(listed_as):
        return f"{found}: {hints.allow_host}"
    if found := policy.written_refusal(asked.hostname):
        return f"{found}: {hints.allow_range}"
    return None


def is_name(host: str) -> bool:
    """Returns False for legacy notations of addresses (decimal, octal), which programs interpret differently."""
    labels = host.removesuffix(".").split(".")
    is_number = _NUMBER.fullmatch(labels[-1]) is not None
    return len(host) <= MAX_HOST_CHARACTERS and not is_number and all(map(_LABEL.fullmatch, labels))


def is_address(host: str) -> bool:
    """Whether the host is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
