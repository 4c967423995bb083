"""What it means that a connection to a store could not be made, or ended before its answer did. One table for all."""

import socket
import ssl
from dataclasses import replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.s3.meaning import Asked, Meaning

CUT_OFF: Final = "cut off its answer"
TOO_LATE: Final = "did not answer in time"
NO_CONNECTION: Final = "did not complete a connection in time"

_UNKNOWN_AUTHORITY: Final = "no trusted authority has issued its certificate"
_CERTIFICATES: Final = {
    7: _UNKNOWN_AUTHORITY,  # signed by another key of the same name
    9: "its certificate is not valid yet: check the clocks",
    10: "its certificate has expired",
    18: _UNKNOWN_AUTHORITY,  # its own authority
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    62: "its certificate is for another name",
    64: "its certificate is for another name",
}
"""By OpenSSL's X509_V_ERR numbers."""
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})


def failed(error: OSError, asked: Asked) -> Meaning:
    """Of a connection that could not be made, or that ended before the answer did."""
    if isinstance(error, ssl.SSLError):
        return _without_tls(error, asked)
    if isinstance(error, socket.gaierror):
        advice = f": {asked.advice.use_path}" if asked.address.virtual else ""
        return silent(f"cannot be found: its name does not resolve{advice}", asked)
    if isinstance(error, TimeoutError) and error.errno is None:
        return silent(TOO_LATE, asked)
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return silent(CUT_OFF, asked)
    is_refusal = isinstance(error, ConnectionRefusedError)
    words = "refuses connections" if is_refusal else f"cannot be connected to: {error.strerror or type(error).__name__}"
    return replace(silent(words, asked), down=True)


def _without_tls(error: ssl.SSLError, asked: Asked) -> Meaning:
    host = asked.address.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return Meaning(Reason.TLS_NOT_TRUSTED, f"{host} is not trusted: {_certificate(error, asked)}", passing=False)
    if error.reason in _NO_TLS:
        return replace(silent("does not speak TLS: is its endpoint http?", asked), passing=False)
    return silent(CUT_OFF, asked)


def proxy_down(asked: Asked, said: str = "") -> Meaning:
    """Of a proxy that makes no connection."""
    return silent(f"cannot be reached through {asked.advice.the_proxy}{said}", asked)


def silent(words: str, asked: Asked) -> Meaning:
    """Of an answer that did not come, or not to its end."""
    down = words == NO_CONNECTION
    return Meaning(Reason.ENDPOINT_UNREACHABLE, f"{asked.address.host} {words}", passing=True, down=down)


def _certificate(error: ssl.SSLCertVerificationError, asked: Asked) -> str:
    words = _CERTIFICATES.get(error.verify_code, f"its certificate: {error.verify_message}")
    if words is _UNKNOWN_AUTHORITY:
        return f"{words}: {asked.advice.trust}"
    if error.verify_code == 62 and asked.address.virtual:
        return f"{words}: {asked.advice.use_path}"
    return words
