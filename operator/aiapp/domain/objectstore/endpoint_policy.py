"""Which stores may be reached: rules over host names and over the addresses that they resolve to.

Never resolves a name: the code that connects asks about the very address that it connects to.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("an unspecified address", ("0.0.0.0/8", "::/128")),
    ("a loopback address", ("127.0.0.0/8", "::1/128")),
    # Before link-local ones: the message is more precise. AWS and its pods' identities, Azure, Alibaba, Oracle, GCP.
    (
        "a cloud's metadata service",
        (
            "169.254.169.254/32",
            "fd00:ec2::254/128",
            "fd00:ec2::23/128",
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
            "fd00:c1::a9fe:a9fe/128",
            "fd20:ce::254/128",
        ),
    ),
    ("a link-local address", ("169.254.0.0/16", "fe80::/10", "fec0::/10")),
    ("a multicast address", ("224.0.0.0/4", "ff00::/8")),
    ("a reserved address", ("240.0.0.0/4",)),
)
"""Ranges in which no store can be that a user means (IANA's special-purpose registries, clouds' manuals)."""
_NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a translator maps to the IPv4 address in their last 32 bits (RFC 6052, RFC 8215)."""
_TRANSLATED: Final = ip_network("::ffff:0:0:0/96")
"""IPv4 addresses as stateless translators write them (RFC 2765)."""
_COMPATIBLE: Final = ip_network("::/96")
"""IPv4 addresses written as IPv6 ones, long deprecated (RFC 4291); `::` and `::1` are not among them."""


def _networks(ranges: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(one) for one in ranges)


_REFUSED: Final = tuple((what, _networks(ranges)) for what, ranges in _SPECIAL)


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """What an administrator allows. The default allows every host but those in the ranges refused above."""

    allowed_hosts: tuple[str, ...] = ()
    """Names, or `*.` and a domain for everything below it; empty: all."""
    allowed_ranges: tuple[Network, ...] = ()
    """Exceptions from every refused range."""
    refused_ranges: tuple[Network, ...] = ()
    """Refused as well, for example the cluster's own pods."""
    service_ranges: tuple[Network, ...] = ()
    """Where the cluster's Services are: refused as well."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The policy as `aiapp fetch` takes it; none for the default."""
        options = {
            "--allow-host": self.allowed_hosts,
            "--allow-range": self.allowed_ranges,
            "--refuse-range": (*self.refused_ranges, *self.service_ranges),
        }
        return tuple(part for name, values in options.items() for value in values for part in (name, str(value)))

    def host_refusal(self, host: str) -> str | None:
        """Why the endpoint's host, as it is written, is refused; None: it is not."""
        name = host.rstrip(".").lower()
        if not self.allowed_hosts or any(_matches(name, pattern.lower()) for pattern in self.allowed_hosts):
            return None
        return f"{host} is not among the allowed hosts"

    def address_refusal(self, host: str, address: str) -> str | None:
        """Why `address`, which `host` resolved to, is refused; None: it is not."""
        itself = ip_address(address)
        if _within(itself, self.allowed_ranges):
            return None
        what = next((found for one in _meant(itself) if (found := self._refused(one)) is not None), None)
        if what is None:
            return None
        return f"{address} is {what}" if host == address else f"{host} resolves to {address}, {what}"

    def written_refusal(self, host: str) -> str | None:
        """The same for what needs no resolver: an address in any spelling, or localhost."""
        name = host.rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            return self.address_refusal(host, "127.0.0.1")
        written = _spelt_out(name)
        return None if written is None else self.address_refusal(host, written)

    def _refused(self, address: Address) -> str | None:
        if _within(address, self.allowed_ranges):
            return None
        if _within(address, self.refused_ranges):
            return "an address in a refused range"
        if _within(address, self.service_ranges):
            return "an address of the cluster's Services"
        return next((what for what, networks in _REFUSED if _within(address, networks)), None)


def _spelt_out(host: str) -> str | None:
    """The address that `host` is, also in the old spellings (decimal, octal, hexadecimal, shortened); None: a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


DEFAULT_POLICY: Final = EndpointPolicy()
EVERYWHERE: Final = EndpointPolicy(allowed_ranges=_networks(("0.0.0.0/0", "::/0")))
"""For endpoints that the administrator names, and for users' own command lines."""


def _matches(name: str, pattern: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


def _meant(address: Address) -> tuple[Address, ...]:
    """The address, and those IPv4 ones that packets to it may end at: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return (address,)
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _within(address, (*_NAT64, _TRANSLATED)) or (address in _COMPATIBLE and int(address) > 1):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return (address, *(found for found in inner if found is not None))
