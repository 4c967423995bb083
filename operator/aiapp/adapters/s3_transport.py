"""Connections to stores: to checked addresses only, directly or through the proxy, and cut off from outside on demand.

Never follows a redirect, never connects to another address than the one that was checked, never skips TLS verification.
"""

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from aiapp.adapters.exchange import watched
from aiapp.adapters.s3_errors import require_allowed
from aiapp.domain.endpoints import EndpointPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

MAX_ADDRESSES: Final = 4
"""Of one name, that are tried in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """What the connections of one client have in common."""

    policy: EndpointPolicy
    connect_seconds: float
    read_seconds: float
    connections: int
    proxy: str | None = None
    ca_bundle: str | None = None
    """File with the authorities to trust instead of the public ones."""
    authorities: str | None = None
    """Further authorities, as PEM."""


class Transport(URLLib3Session):
    """Sends botocore's requests; register `answer` for the event `before-send.s3`."""

    _pool_classes_by_scheme: dict[str, type]

    def __init__(self, settings: TransportSettings) -> None:
        self._authorities = settings.authorities
        super().__init__(
            verify=settings.ca_bundle or True,  # type: ignore[arg-type]  # the stubs are narrower than the code
            proxies={"http": settings.proxy, "https": settings.proxy} if settings.proxy else None,
            timeout=(settings.connect_seconds, settings.read_seconds),  # type: ignore[arg-type]
            max_pool_connections=settings.connections,
        )
        self._pool_classes_by_scheme.update(_pools(settings.policy))

    def answer(self, request: Any, **_: object) -> Any:
        """The store's answer; whatever else might send the request is not asked."""
        answer = self.send(request)
        if not request.stream_output and request.method != "HEAD":
            _require_whole(answer)
        return answer

    def _get_ssl_context(self) -> "SSLContext":
        """Called by botocore for each way to connect."""
        context: SSLContext = super()._get_ssl_context()  # type: ignore[misc]  # the stubs lack it
        if self._authorities is not None:
            context.load_verify_locations(cadata=self._authorities)
        return context


def _require_whole(answer: Any) -> None:
    """Botocore takes an answer that was cut off for a short one: a listing without a body for an empty folder."""
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and len(answer.content) != int(length):
        raise ConnectionClosedError(endpoint_url=answer.url)


def _pools(policy: EndpointPolicy) -> dict[str, type]:
    """Pools whose connections keep to `policy`."""

    class Plain(_Checked, AWSHTTPConnection):  # type: ignore[misc]
        """To an address that was checked."""

    class Secure(_Checked, AWSHTTPSConnection):  # type: ignore[misc]
        """The same with TLS."""

    class PlainPool(AWSHTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(AWSHTTPSConnectionPool):
        ConnectionCls = Secure

    Plain.policy = Secure.policy = policy
    return {"http": PlainPool, "https": SecurePool}


class _Checked:
    """Mixed into urllib3's connections."""

    policy: EndpointPolicy
    sock: socket.socket | None
    _dns_host: str
    """What urllib3 connects to; `host`, which TLS checks and the server is told, is the same until it is replaced."""
    port: int
    proxy: object

    def _new_conn(self) -> socket.socket:
        if self.proxy is not None:  # the administrator's own; it resolves the store's name itself
            return watched(super()._new_conn())  # type: ignore[misc]
        name = self._dns_host
        failure: Exception | None = None
        try:
            for address in self._addresses(name):
                self._dns_host = address
                try:
                    return watched(super()._new_conn())  # type: ignore[misc]
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
        finally:
            self._dns_host = name
        assert failure is not None
        raise failure

    def request(self, *args: Any, **options: Any) -> None:
        """A connection that was kept from an earlier exchange belongs to this one now."""
        if self.sock is not None:
            watched(self.sock)
        super().request(*args, **options)  # type: ignore[misc]

    def _addresses(self, name: str) -> list[str]:
        """What the name resolves to, all of it allowed."""
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            failure = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(name, self, failure) from error  # type: ignore[arg-type]
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        for address in addresses:
            require_allowed(self.policy.address_refusal(name, address), "AIAPP_ALLOWED_RANGES")
        return addresses[:MAX_ADDRESSES]
