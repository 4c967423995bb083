"""Connections to endpoints that enforce the endpoint policy on the very address that is connected to."""

import socket
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from aiapp.adapters.endpoints.resolver import Resolver
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy

MAX_ADDRESSES: Final = 4
"""Addresses of one name that are tried."""


class RefusedAddressError(Exception):
    """The policy refuses an address; the text names it and the reason."""


class PolicyResolver(AbstractResolver):
    """Resolves a name only if the policy allows all of its addresses."""

    def __init__(self, resolver: Resolver, policy: EndpointPolicy | None) -> None:
        """`policy` is None for connections to a proxy, which the administrator chose."""
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
        """Does nothing: there is no state."""


def connector(resolver: Resolver, policy: EndpointPolicy | None) -> aiohttp.TCPConnector:
    """Returns a connector that keeps connections alive; must be closed."""

    def checked(info: tuple[Any, ...]) -> socket.socket:
        """Checks the final address, however the host was written."""
        kind, type_, proto, _, sockaddr = info
        require(policy, str(sockaddr[0]), str(sockaddr[0]))
        return socket.socket(family=kind, type=type_, proto=proto)

    return aiohttp.TCPConnector(
        resolver=PolicyResolver(resolver, policy),
        socket_factory=checked,
        use_dns_cache=False,  # names are resolved and checked for every new connection
        happy_eyeballs_delay=None,  # addresses are tried sequentially
        limit=0,
        keepalive_timeout=30,
    )


def require(policy: EndpointPolicy | None, host: str, address: str) -> None:
    """Raises `RefusedAddressError`."""
    refusal = policy.address_refusal(host, address) if policy is not None else None
    if refusal is not None:
        raise RefusedAddressError(refusal)
