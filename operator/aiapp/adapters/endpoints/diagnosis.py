"""Maps exceptions of the HTTP client to a diagnosis."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from aiapp.adapters.endpoints.connector import RefusedAddressError
from aiapp.adapters.endpoints.sessions import AuthoritiesError
from aiapp.api.conditions import Reason
from aiapp.endpoints.connection_errors import (
    CUT_OFF,
    NO_CONNECTION,
    TIMED_OUT,
    diagnose_failure,
    host_down,
    proxy_down,
)
from aiapp.endpoints.diagnosis import Diagnosis, Peer, UnreadableError, proxy_login, unreachable


def diagnose(error: Exception, peer: Peer, *, proxied: bool) -> Diagnosis:
    """Returns the diagnosis of any exception that a request or its reader raised."""
    if proxied and isinstance(error, _AT_PROXY):
        return proxy_down(peer)
    return next(rule(error, peer) for kinds, rule in _DIAGNOSES if isinstance(error, kinds))


def _refused(error: RefusedAddressError, peer: Peer) -> Diagnosis:
    return Diagnosis(Reason.ENDPOINT_REFUSED, f"{error}: {peer.hints.allow_range}", retryable=False)


def _unreadable(error: UnreadableError, peer: Peer) -> Diagnosis:
    return replace(unreachable(str(error), peer), retryable=error.retryable)


def _no_tunnel(error: aiohttp.ClientHttpProxyError, peer: Peer) -> Diagnosis:
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return proxy_login(peer)
    return proxy_down(peer, f" ({error.status})")


def _not_trusted(error: aiohttp.ClientConnectorCertificateError, peer: Peer) -> Diagnosis:
    found = error.certificate_error
    return diagnose_failure(found if isinstance(found, OSError) else OSError(str(found)), peer)


def _cut_off(_: Exception, peer: Peer) -> Diagnosis:
    return unreachable(CUT_OFF, peer)


_DIAGNOSES: Final[tuple[tuple[type[Exception], Callable[[Any, Peer], Diagnosis]], ...]] = (
    (RefusedAddressError, _refused),
    (AuthoritiesError, lambda error, _: Diagnosis(Reason.CA_BUNDLE_INVALID, str(error), retryable=False)),
    (UnreadableError, _unreadable),
    (aiohttp.ClientHttpProxyError, _no_tunnel),
    (aiohttp.ClientProxyConnectionError, lambda _, peer: proxy_down(peer)),
    (aiohttp.ConnectionTimeoutError, lambda _, peer: host_down(NO_CONNECTION, peer)),
    (TimeoutError, lambda _, peer: unreachable(TIMED_OUT, peer)),
    (aiohttp.ClientConnectorCertificateError, _not_trusted),
    (aiohttp.ClientConnectorError, lambda error, peer: diagnose_failure(error.os_error, peer)),
    (aiohttp.ClientResponseError, lambda _, peer: unreachable("answers with something that is not HTTP", peer)),
    (aiohttp.ClientConnectionError, _cut_off),
    (aiohttp.ClientPayloadError, _cut_off),
    (OSError, diagnose_failure),
    (Exception, lambda error, peer: unreachable(f"cannot be asked ({type(error).__name__})", peer)),
)
"""The first matching row wins."""
_AT_PROXY: Final = (aiohttp.ClientConnectorDNSError, aiohttp.ConnectionTimeoutError)
"""Raised while connecting: to the proxy, if there is one."""
