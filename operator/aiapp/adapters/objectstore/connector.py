"""Connections to stores: only to addresses that the policy allows, directly or through the administrator's proxy.

Never connects to another address than the one that was checked.
"""

import socket
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from aiapp.adapters.objectstore.resolver import Resolver
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy

MAX_ADDRESSES: Final = 4
"""Of one name, that are tried in turn."""


class RefusedAddressError(Exception):
    """An address that the policy refuses; says which one and why."""


class PolicyResolver(AbstractResolver):
    """What a name resolves to, if all of it is allowed."""

    def __init__(self, resolver: Resolver, policy: EndpointPolicy | None) -> None:
        """`policy`: None for a proxy, which is the administrator's own wherever it is."""
        self._resolver = resolver
        self._policy = policy

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.addresses(host, port)
        places = {str(sockaddr[0]): int(kind) for kind, _, _, _, sockaddr in found}
        for address in places:
            require(self._policy, host, address)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for address, kind in list(places.items())[:MAX_ADDRESSES]
        ]

    @override
    async def close(self) -> None:
        """Nothing is kept."""


def connector(resolver: Resolver, policy: EndpointPolicy | None) -> aiohttp.TCPConnector:
    """To be closed at the end; keeps connections for further requests."""

    def checked(info: tuple[Any, ...]) -> socket.socket:
        """The last gate: whatever way the host was written, this is what will be connected to."""
        kind, type_, proto, _, sockaddr = info
        require(policy, str(sockaddr[0]), str(sockaddr[0]))
        return socket.socket(family=kind, type=type_, proto=proto)

    return aiohttp.TCPConnector(
        resolver=PolicyResolver(resolver, policy),
        socket_factory=checked,
        use_dns_cache=False,  # a name is looked up for each new connection, and checked
        happy_eyeballs_delay=None,  # one address after the other
        limit=0,
        keepalive_timeout=30,
    )


def require(policy: EndpointPolicy | None, host: str, address: str) -> None:
    """Raises `RefusedAddressError`."""
    refusal = policy.address_refusal(host, address) if policy is not None else None
    if refusal is not None:
        raise RefusedAddressError(refusal)
