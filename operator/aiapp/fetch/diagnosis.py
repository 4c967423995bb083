"""What an error of obstore means: a reason of the API, words for people, and whether to try again.

Reads the error's text, for obstore offers no other way to status, S3 code and cause; shows neither addresses with a
query nor credentials.
"""

import re
from http import HTTPStatus
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason

# All of them match what obstore writes around an address, never the address or the key itself: those hold no line feed.
_STATUS: Final = re.compile(r"Server returned non-2xx status code: (\d{3})")
_S3_CODE: Final = re.compile(r"<Code>(\w{1,64})</Code>")
_CERTIFICATE: Final = re.compile(r"InvalidCertificate\(\s*\n\s*(?:Other\(\s*\n\s*OtherError\(\s*\n\s*)?(\w+)")
_NO_TLS: Final = re.compile(r"InvalidMessage\(\s*\n")
_KIND: Final = re.compile(r"\n\s*kind: (\w+),")
_SYSTEM: Final = re.compile(r"\n\s*(?:message|error): \"([^\"\n]{1,120})\"")

_CERTIFICATE_FAULTS: Final = {
    "UnknownIssuer": "no trusted authority has issued its certificate: give the authority's as CA bundle",
    "BadSignature": "no trusted authority has issued its certificate: give the authority's as CA bundle",
    "CaUsedAsEndEntity": "its certificate is an authority's own: let that authority issue one for the server",
    "Expired": "its certificate has expired",
    "ExpiredContext": "its certificate has expired",
    "NotValidYet": "its certificate is not valid yet: check the clocks",
    "NotValidYetContext": "its certificate is not valid yet: check the clocks",
    "NotValidForName": "its certificate is for another name",
    "NotValidForNameContext": "its certificate is for another name",
}
_KINDS: Final = {
    "Timeout": "no answer in time",
    "Interrupted": "the answer was cut off",
    "Connect": "no connection",
    "Request": "the connection broke",
}
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


class Diagnosis(NamedTuple):
    """What went wrong with one request; `final`: trying again would change nothing."""

    reason: Reason
    said: str
    final: bool


def diagnosis(error: Exception) -> Diagnosis:
    """Of an error that a request through obstore raised."""
    text = str(error)
    if certificate := _CERTIFICATE.search(text):
        fault = certificate[1]
        return Diagnosis(
            Reason.TLS_NOT_TRUSTED, _CERTIFICATE_FAULTS.get(fault, f"its certificate: {fault}"), final=True
        )
    if _NO_TLS.search(text):
        return Diagnosis(Reason.TLS_NOT_TRUSTED, "it does not speak TLS", final=True)
    if status := _STATUS.search(text):
        code = _S3_CODE.search(text)
        return _of_status(int(status[1]), code[1] if code else "")
    return Diagnosis(Reason.ENDPOINT_UNREACHABLE, _cause(text), final=False)


def _of_status(status: int, code: str) -> Diagnosis:
    said = f"{status} {code}".rstrip()
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Diagnosis(Reason.ENDPOINT_UNREACHABLE, said, final=False)
    if code in _CODES:
        return Diagnosis(_CODES[code], said, final=True)
    return Diagnosis(_STATUSES.get(status, Reason.FETCH_FAILED), said, final=True)


def _cause(text: str) -> str:
    kind = _KIND.search(text)
    told = [_KINDS.get(kind[1], kind[1])] if kind else []
    if system := _SYSTEM.search(text):
        told.append(system[1])
    return ": ".join(told) or text.partition("\n")[0].partition("?")[0][:200]
