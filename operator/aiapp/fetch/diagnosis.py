"""What a failed request means: a reason of the API, words for people, and whether to try again.

Shows neither addresses with a query nor credentials.
"""

import re
import socket
from http import HTTPStatus
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.fetch.exchange import Answer
from aiapp.fetch.stream import ProtocolError

_S3_CODE: Final = re.compile(rb"<Code>(\w{1,64})</Code>")
_UNTRUSTED: Final = "no trusted authority has issued its certificate: give the authority's as CA bundle"
_CERTIFICATE_FAULTS: Final = {
    7: _UNTRUSTED,  # signed by another key of the same name
    9: "its certificate is not valid yet: check the clocks",
    10: "its certificate has expired",
    18: _UNTRUSTED,  # its own authority
    19: _UNTRUSTED,
    20: _UNTRUSTED,
    21: _UNTRUSTED,
    62: "its certificate is for another name",
    64: "its certificate is for another name",
}
"""By OpenSSL's X509_V_ERR numbers."""
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_STATUSES: Final[dict[int, Reason]] = {
    HTTPStatus.UNAUTHORIZED: Reason.ACCESS_DENIED,
    HTTPStatus.FORBIDDEN: Reason.ACCESS_DENIED,
    HTTPStatus.NOT_FOUND: Reason.CONTENT_CHANGED,
    HTTPStatus.PRECONDITION_FAILED: Reason.CONTENT_CHANGED,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: Reason.CONTENT_CHANGED,
}
_CODES: Final = {
    "NoSuchBucket": Reason.BUCKET_NOT_FOUND,
    "ExpiredToken": Reason.ACCESS_DENIED,
    "InvalidToken": Reason.ACCESS_DENIED,
    "TokenRefreshRequired": Reason.ACCESS_DENIED,
    "AuthorizationHeaderMalformed": Reason.ACCESS_DENIED,
    "XAdminUserNotFound": Reason.ACCESS_DENIED,
}
"""S3 codes that say more than their status: 400 for credentials, 404 for an access key that versitygw does not know."""
_CUT_OFF: Final = "the answer was cut off"
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class RefusedError(Exception):
    """The store answered a request for bytes with something else than these bytes."""

    def __init__(self, status: int, code: str, retry_after: float = 0.0) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        """Seconds that the store asks to wait."""

    @property
    def busy(self) -> bool:
        """The store asks for fewer requests."""
        return self.status in _BUSY


class BrokenAnswerError(Exception):
    """The answer was not what its status promised; the text says in which way."""


class Diagnosis(NamedTuple):
    """What went wrong with one request; `final`: trying again would change nothing."""

    reason: Reason
    said: str
    final: bool


def refusal(answer: Answer, body: bytes) -> RefusedError:
    """Of an answer that is no success, with the beginning of its body."""
    code = _S3_CODE.search(body)
    return RefusedError(answer.status, code[1].decode() if code else "", retry_after(answer))


def retry_after(answer: Answer) -> float:
    """Seconds that `Retry-After` asks for: a number, or a date, which counts from the answer's own."""
    wanted = answer.headers.get("retry-after", "")
    if wanted.strip().isdecimal():
        return float(wanted)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few stores ask, and with a date fewer still

    try:
        until, now = parsedate_to_datetime(wanted), parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def diagnosis(error: Exception) -> Diagnosis:
    """Of whatever a request raised."""
    if isinstance(error, RefusedError):
        return _of_status(error.status, error.code)
    import ssl  # noqa: PLC0415 - takes a while, and not every store has TLS

    if isinstance(error, ssl.SSLCertVerificationError):
        said = _CERTIFICATE_FAULTS.get(error.verify_code, f"its certificate: {error.verify_message}")
        return Diagnosis(Reason.TLS_NOT_TRUSTED, said, final=True)
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return Diagnosis(Reason.TLS_NOT_TRUSTED, "it does not speak TLS", final=True)
    said = _CUT_OFF if isinstance(error, ssl.SSLError) else _cause(error)
    return Diagnosis(Reason.ENDPOINT_UNREACHABLE, said, final=False)


def _of_status(status: int, code: str) -> Diagnosis:
    said = f"{status} {code}".rstrip()
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Diagnosis(Reason.ENDPOINT_UNREACHABLE, said, final=False)
    if code in _CODES:
        return Diagnosis(_CODES[code], said, final=True)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        said = f"{said}: redirects are not followed, another region or endpoint may hold the bucket"
        return Diagnosis(Reason.BUCKET_NOT_FOUND, said, final=True)
    return Diagnosis(_STATUSES.get(status, Reason.FETCH_FAILED), said, final=True)


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return str(error) if error.errno is None and error.args and str(error) != "timed out" else "no answer in time"
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved ({error.strerror})"
    if isinstance(error, (ProtocolError, ConnectionResetError, BrokenPipeError)):
        return _CUT_OFF
    return f"no connection: {error.strerror or error}" if isinstance(error, OSError) else type(error).__name__
