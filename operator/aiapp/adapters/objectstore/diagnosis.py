"""Maps exceptions of the HTTP client to a diagnosis."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from aiapp.adapters.objectstore.connector import RefusedAddressError
from aiapp.api.conditions import Reason
from aiapp.s3.connection_errors import (
    CUT_OFF,
    NO_CONNECTION,
    TIMED_OUT,
    diagnose_failure,
    host_down,
    proxy_down,
    unreachable,
)
from aiapp.s3.errors import Diagnosis, RequestContext, proxy_login
from aiapp.s3.listing import UnreadableError


def diagnose(error: Exception, context: RequestContext, *, proxied: bool) -> Diagnosis:
    """Returns the diagnosis of any exception that a request or its reader raised."""
    if proxied and isinstance(error, _AT_PROXY):
        return proxy_down(context)
    return next(rule(error, context) for kinds, rule in _DIAGNOSES if isinstance(error, kinds))


def _refused(error: RefusedAddressError, context: RequestContext) -> Diagnosis:
    return Diagnosis(Reason.ENDPOINT_REFUSED, f"{error}: {context.hints.allow_range}", retryable=False)


def _unreadable(error: UnreadableError, context: RequestContext) -> Diagnosis:
    return replace(unreachable(str(error), context), retryable=error.retryable)


def _no_tunnel(error: aiohttp.ClientHttpProxyError, context: RequestContext) -> Diagnosis:
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return proxy_login(context)
    return proxy_down(context, f" ({error.status})")


def _not_trusted(error: aiohttp.ClientConnectorCertificateError, context: RequestContext) -> Diagnosis:
    found = error.certificate_error
    return diagnose_failure(found if isinstance(found, OSError) else OSError(str(found)), context)


def _cut_off(_: Exception, context: RequestContext) -> Diagnosis:
    return unreachable(CUT_OFF, context)


_DIAGNOSES: Final[tuple[tuple[type[Exception], Callable[[Any, RequestContext], Diagnosis]], ...]] = (
    (RefusedAddressError, _refused),
    (UnreadableError, _unreadable),
    (aiohttp.ClientHttpProxyError, _no_tunnel),
    (aiohttp.ClientProxyConnectionError, lambda _, context: proxy_down(context)),
    (aiohttp.ConnectionTimeoutError, lambda _, context: host_down(NO_CONNECTION, context)),
    (TimeoutError, lambda _, context: unreachable(TIMED_OUT, context)),
    (aiohttp.ClientConnectorCertificateError, _not_trusted),
    (aiohttp.ClientConnectorError, lambda error, context: diagnose_failure(error.os_error, context)),
    (aiohttp.ClientResponseError, lambda _, context: unreachable("answers with something that is not HTTP", context)),
    (aiohttp.ClientConnectionError, _cut_off),
    (aiohttp.ClientPayloadError, _cut_off),
    (OSError, diagnose_failure),
    (Exception, lambda error, context: unreachable(f"cannot be asked ({type(error).__name__})", context)),
)
"""The first matching row wins."""
_AT_PROXY: Final = (aiohttp.ClientConnectorDNSError, aiohttp.ConnectionTimeoutError)
"""Raised while connecting: to the proxy, if there is one."""
