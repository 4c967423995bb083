"""Maps failed connections to reason, message and retryability: one table for every protocol."""

import socket
import ssl
from dataclasses import replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.endpoints.diagnosis import Diagnosis, Peer, unreachable

CUT_OFF: Final = "cut off its answer"
TIMED_OUT: Final = "did not answer in time"
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
"""Keyed by OpenSSL's X509_V_ERR numbers."""
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})


def diagnose_failure(error: OSError, context: Peer) -> Diagnosis:
    """Returns the diagnosis of a connection that could not be made, or that ended before the response did."""
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error, context)
    if isinstance(error, socket.gaierror):
        return unreachable(_with(context.name_hint, "cannot be found: its name does not resolve"), context)
    if isinstance(error, TimeoutError) and error.errno is None:
        return unreachable(TIMED_OUT, context)
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return unreachable(CUT_OFF, context)
    if isinstance(error, ConnectionRefusedError):
        return host_down("refuses connections", context)
    return host_down(f"cannot be connected to: {error.strerror or str(error) or type(error).__name__}", context)


def _tls_failure(error: ssl.SSLError, context: Peer) -> Diagnosis:
    host = context.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return Diagnosis(
            Reason.TLS_NOT_TRUSTED, f"{host} is not trusted: {_certificate_problem(error, context)}", retryable=False
        )
    if error.reason in _NO_TLS:
        return replace(unreachable(f"does not speak TLS: {context.hints.speak_http}", context), retryable=False)
    return unreachable(CUT_OFF, context)


def proxy_down(context: Peer, detail: str = "") -> Diagnosis:
    """Diagnosis of a proxy that makes no connection."""
    return unreachable(f"cannot be reached through {context.hints.proxy}{detail}", context)


def host_down(problem: str, context: Peer) -> Diagnosis:
    """Diagnosis of a host that does not accept connections."""
    return replace(unreachable(problem, context), host_down=True)


def _certificate_problem(error: ssl.SSLCertVerificationError, context: Peer) -> str:
    problem = _CERTIFICATES.get(error.verify_code, f"its certificate: {error.verify_message}")
    if problem is _UNKNOWN_AUTHORITY:
        return f"{problem}: {context.hints.trust_authority}"
    return _with(context.name_hint, problem) if error.verify_code == 62 else problem


def _with(hint: str, problem: str) -> str:
    return f"{problem}: {hint}" if hint else problem
