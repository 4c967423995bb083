"""Which requests go through a proxy, by the settings that every network program knows: HTTPS_PROXY and its kin.

Never reads the environment.
"""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxies:
    """The default is no proxy at all."""

    https: str = ""
    """For https requests: `http(s)://[user:password@]host[:port]`."""
    http: str = ""
    """The same for http requests."""
    exempt: str = ""
    """Hosts that are reached directly, as in NO_PROXY: names and everything below them, addresses, ranges, `*`."""

    def of(self, url: str) -> str | None:
        """The proxy for requests to `url`; None: no proxy."""
        address = urlsplit(url)
        proxy = self.https if address.scheme == "https" else self.http
        if not proxy or self._is_exempt(address.hostname or "", address.port or _DEFAULT_PORTS.get(address.scheme, 0)):
            return None
        return proxy

    @property
    def environment(self) -> dict[str, str]:
        """The variables for a program that others may look at: users and passwords are left out."""
        values = {"HTTPS_PROXY": _public(self.https), "HTTP_PROXY": _public(self.http), "NO_PROXY": self.exempt}
        return {name: value for name, value in values.items() if value and (self.https or self.http)}

    @property
    def has_password(self) -> bool:
        """Whether a proxy is given with a user or password, which `environment` leaves out."""
        return any("@" in proxy for proxy in (self.https, self.http))

    def _is_exempt(self, host: str, port: int) -> bool:
        entries = (entry.strip().lower() for entry in self.exempt.split(","))
        return any(_covers(entry, host.rstrip(".").lower(), port) for entry in entries if entry)


NO_PROXIES: Final = Proxies()


def _public(proxy: str) -> str:
    address = urlsplit(proxy)
    return urlunsplit(address._replace(netloc=address.netloc.rpartition("@")[2]))


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if (within := _within(entry, host)) is not None:
        return within
    name, _, wanted = entry.partition(":")
    name = name.removeprefix("*").removeprefix(".")
    return (not wanted or wanted == str(port)) and (host == name or host.endswith(f".{name}"))


def _within(entry: str, host: str) -> bool | None:
    """Whether the address `host` is in the range or address `entry`; None: one of them is a name."""
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None
