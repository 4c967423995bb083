"""What it means that a request to a store failed: from what the HTTP client raises to reasons and words."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from aiapp.adapters.objectstore.connector import RefusedAddressError
from aiapp.api.conditions import Reason
from aiapp.s3.failures import CUT_OFF, NO_CONNECTION, TOO_LATE, failed, proxy_down, silent
from aiapp.s3.listing import UnreadableError
from aiapp.s3.meaning import Asked, Meaning, proxy_login


def explained(error: Exception, asked: Asked, *, proxied: bool) -> Meaning:
    """Of whatever asking and reading raised, what nobody foresaw included."""
    if proxied and isinstance(error, aiohttp.ClientConnectorDNSError):
        return proxy_down(asked)  # the proxy looks the store up
    return next(explain(error, asked) for kinds, explain in _EXPLANATIONS if isinstance(error, kinds))


def _refused(error: RefusedAddressError, asked: Asked) -> Meaning:
    return Meaning(Reason.ENDPOINT_REFUSED, f"{error}: {asked.advice.allow_range}", passing=False)


def _unreadable(error: UnreadableError, asked: Asked) -> Meaning:
    return replace(silent(str(error), asked), passing=error.passing)


def _no_tunnel(error: aiohttp.ClientHttpProxyError, asked: Asked) -> Meaning:
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return proxy_login(asked)
    return proxy_down(asked, f" ({error.status})")


def _not_trusted(error: aiohttp.ClientConnectorCertificateError, asked: Asked) -> Meaning:
    found = error.certificate_error
    return failed(found if isinstance(found, OSError) else OSError(str(found)), asked)


def _broken_off(_: Exception, asked: Asked) -> Meaning:
    return silent(CUT_OFF, asked)


_EXPLANATIONS: Final[tuple[tuple[type[Exception], Callable[[Any, Asked], Meaning]], ...]] = (
    (RefusedAddressError, _refused),
    (UnreadableError, _unreadable),
    (aiohttp.ClientHttpProxyError, _no_tunnel),
    (aiohttp.ClientProxyConnectionError, lambda _, asked: proxy_down(asked)),
    (aiohttp.ConnectionTimeoutError, lambda _, asked: silent(NO_CONNECTION, asked)),
    (TimeoutError, lambda _, asked: silent(TOO_LATE, asked)),
    (aiohttp.ClientConnectorCertificateError, _not_trusted),
    (aiohttp.ClientConnectorError, lambda error, asked: failed(error.os_error, asked)),
    (aiohttp.ClientResponseError, lambda _, asked: silent("answers with something that is not HTTP", asked)),
    (aiohttp.ClientConnectionError, _broken_off),
    (aiohttp.ClientPayloadError, _broken_off),
    (OSError, failed),
    (Exception, lambda error, asked: silent(f"cannot be asked ({type(error).__name__})", asked)),
)
"""The first one that fits counts."""
