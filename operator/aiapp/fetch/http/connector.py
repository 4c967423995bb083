"""Connections to one store: to checked addresses, over TLS, through the proxy that is named for it.

Never follows a redirect, never skips the check of a certificate, never connects to an address that the policy refuses.
"""

import socket
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http.exchange import answer
from aiapp.fetch.http.stream import Stream
from aiapp.s3.addressing import Address

if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

CONNECT_SECONDS: Final = 5.0
MAX_ADDRESSES: Final = 4
"""Of one name, that are tried in turn."""


class Connector:
    """Connects to one store. Raises ValueError for a CA bundle that is no PEM and for a proxy that is none."""

    def __init__(
        self, store: Address, policy: EndpointPolicy | None, proxies: Proxies, ca_bundle: bytes | None
    ) -> None:
        """`policy`: which addresses may be connected to; None: all."""
        self._store = store
        self._policy = policy
        proxy = proxies.of(store.origin)
        self._proxy = _proxy_at(proxy) if proxy is not None else None
        self._context = _trusting(ca_bundle) if store.scheme == "https" else None

    @property
    def absolute(self) -> str:
        """The prefix of the path in a request line: scheme and host for a forwarding proxy, else empty."""
        return f"http://{self._store.host}" if self._proxy is not None and self._context is None else ""

    @property
    def headers(self) -> dict[str, str]:
        """Headers for a proxy that forwards the request."""
        return _credentials(self._proxy) if self._proxy is not None and self._context is None else {}

    def connect(self) -> socket.socket:
        """Returns a new connection, with tunnel and TLS where needed. Raises OSError, ProtocolError, FetchError."""
        connected = self._connected()
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                return connected
            if self._proxy is not None:
                self._tunnel(connected, _credentials(self._proxy))
            return self._context.wrap_socket(connected, server_hostname=self._store.hostname)
        except BaseException:
            connected.close()
            raise

    def _connected(self) -> socket.socket:
        """Connects to the first address that answers; the policy is asked about each address that may be tried."""
        host, port = self._store.hostname, self._store.port
        if self._proxy is not None:  # the administrator's own; it resolves the store's name itself
            _require(self._policy.written_refusal(host) if self._policy else None)
            return socket.create_connection((self._proxy.hostname, self._proxy.port or 80), CONNECT_SECONDS)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
        for address in addresses:
            _require(self._policy.address_refusal(host, address) if self._policy else None)
        return _first_of(addresses[:MAX_ADDRESSES], port)

    def _tunnel(self, connected: socket.socket, headers: dict[str, str]) -> None:
        name = self._store.hostname
        place = f"[{name}]:{self._store.port}" if ":" in name else f"{name}:{self._store.port}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": place} | headers).items())
        connected.sendall(f"CONNECT {place} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
        status = answer(Stream(connected)).status
        if status != HTTPStatus.OK:
            raise OSError(f"the proxy made no tunnel ({status})")


def _require(refusal: str | None) -> None:
    if refusal is not None:
        raise FetchError(Reason.ENDPOINT_REFUSED, f"{refusal}: no connection is made there")


def _first_of(addresses: list[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), CONNECT_SECONDS)


@lru_cache(maxsize=1)
def _trusting(ca_bundle: bytes | None) -> "ssl.SSLContext":
    """Returns the TLS context, read once for all processes of a download."""
    from aiapp.endpoints.trust import trusting  # noqa: PLC0415 - takes a while, and not every store has TLS

    return trusting(ca_bundle.decode("ascii") if ca_bundle is not None else None)


def _proxy_at(address: str) -> "SplitResult":
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise ValueError("its proxy is not http://host:port")
    return proxy


def _credentials(proxy: "SplitResult") -> dict[str, str]:
    if proxy.username is None:
        return {}
    import base64  # noqa: PLC0415

    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
