"""What went wrong at an S3-compatible store, as one of our reasons and a sentence without secrets.

Never passes on what a server wrote: only its error code and the status.
"""

import re
from typing import Final

from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError, ProxyConnectionError, SSLError
from urllib3.exceptions import NameResolutionError

from aiapp.adapters.redact import redact
from aiapp.api.conditions import Reason
from aiapp.domain.location import Location
from aiapp.ports import StoreError

UNSUPPORTED: Final = frozenset({400, 403, 405, 501})
"""Statuses with which stores answer a request for versions that they do not offer or do not allow."""

_TRANSIENT: Final = frozenset({408, 425, 429})
_FINAL: Final = frozenset({*range(400, 500), 501})
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "InvalidBucketName", "404", "NotFound"})
_WRONG_REGION: Final = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301", "307"}
)
_DENIED: Final = {
    "InvalidAccessKeyId": "it does not know the access key id",
    "XAdminUserNotFound": "it does not know the access key id",
    "SignatureDoesNotMatch": "the secret access key is not the one of the access key id",
    "ExpiredToken": "the session token has expired",
    "InvalidToken": "the session token is not valid",
    "RequestTimeTooSkewed": "its clock and the operator's differ too much",
}
_SILENCES: Final = {
    "ConnectTimeoutError": "did not accept a connection in time",
    "ReadTimeoutError": "did not answer in time",
    "ProxyConnectionError": "cannot be reached through the operator's proxy",
    "EndpointConnectionError": "refuses connections",
    "ResponseParserError": "answers with something that is not S3",
}
"""By the name of botocore's exception, since importing all of their modules is slow."""
_PROXY_WANTS_LOGIN: Final = 407
_PROXY_LOGIN: Final = "cannot be reached: the operator's proxy wants another user and password"
_REGION: Final = re.compile(r"[a-z0-9-]{1,32}")
_CERTIFICATE: Final = re.compile(r"certificate verify failed: ([^(\n]{1,120})|((?:hostname|IP address) '[^(\n]{1,120})")


def status(error: ClientError) -> int:
    """The HTTP status of the answer; 0 when it has none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def require_allowed(refusal: str | None, setting: str) -> None:
    """Raises `StoreError` (EndpointRefused) for a refusal, with the setting that could allow it."""
    if refusal is not None:
        message = f"{refusal}: refused, unless {setting} in the operator's settings allows it"
        raise StoreError(Reason.ENDPOINT_REFUSED, message, retryable=False)


def store_error(error: Exception, where: Location) -> StoreError:
    """`error` in our own terms, about the store and bucket of `where`."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, HTTPClientError) and isinstance(inner := error.kwargs.get("error"), StoreError):
        return inner
    if isinstance(error, ClientError):
        return _answered(error, where)
    if isinstance(error, SSLError):
        return _tls(error, where)
    return _unreachable(_silence(error), where)


def _answered(error: ClientError, where: Location) -> StoreError:
    code, number = str(error.response.get("Error", {}).get("Code", ""))[:64], status(error)
    if code in _DENIED or number in {401, 403}:
        why = _DENIED.get(code, "the access key lacks the right to list or to read it")
        message = f"{where.host} denies access to {where.uri}: {why} ({redact(code) or number})"
        return StoreError(Reason.ACCESS_DENIED, message, retryable=False)
    if number == _PROXY_WANTS_LOGIN:
        return _unreachable(_PROXY_LOGIN, where)
    if code in _NO_BUCKET:
        return StoreError(Reason.BUCKET_NOT_FOUND, f"{where.host} has no bucket {where.bucket!r}", retryable=False)
    if code in _WRONG_REGION or number in {301, 302, 307, 308}:
        return StoreError(Reason.BUCKET_NOT_FOUND, _elsewhere(error, where), retryable=False)
    message = f"{where.host} answered {number} {redact(code)}"
    return StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=number in _TRANSIENT or number not in _FINAL)


def _elsewhere(error: ClientError, where: Location) -> str:
    details = error.response.get("Error", {})
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    said = str(details.get("Region") or headers.get("x-amz-bucket-region") or "")
    hint = f"region {said!r}" if _REGION.fullmatch(said) else "another region or endpoint"
    return f"the bucket {where.bucket!r} is not in region {where.region!r} of {where.host}: the source needs {hint}"


def _tls(error: SSLError, where: Location) -> StoreError:
    found = _CERTIFICATE.search(str(error))
    if found is None:
        return _unreachable("did not complete a TLS handshake; does it speak https at all?", where)
    why = redact((found[1] or found[2]).strip())
    advice = "caBundleRef in the source names an authority to trust"
    message = f"the certificate of {where.host} is not trusted: {why}; {advice}"
    return StoreError(Reason.TLS_NOT_TRUSTED, message, retryable=False)


def _unreachable(what: str, where: Location) -> StoreError:
    return StoreError(Reason.ENDPOINT_UNREACHABLE, f"{where.host} {what}", retryable=True)


def _silence(error: Exception) -> str:
    if isinstance(error, ProxyConnectionError) and f"failed: {_PROXY_WANTS_LOGIN}" in str(error.kwargs.get("error")):
        return _PROXY_LOGIN
    if isinstance(error, EndpointConnectionError) and isinstance(error.kwargs.get("error"), NameResolutionError):
        return "cannot be found: its name does not resolve"
    return _SILENCES.get(type(error).__name__, f"broke off ({type(error).__name__})")
