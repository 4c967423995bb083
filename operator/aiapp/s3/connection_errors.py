"""Maps failed connections to reason, message and retryability: one table for import, check and fetch."""

import socket
import ssl
from dataclasses import replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.s3.errors import Diagnosis, RequestContext

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


def diagnose_failure(error: OSError, context: RequestContext) -> Diagnosis:
    """Returns the diagnosis of a connection that could not be made, or that ended before the response did."""
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error, context)
    if isinstance(error, socket.gaierror):
        hint = f": {context.hints.use_path_addressing}" if context.address.virtual else ""
        return unreachable(f"cannot be found: its name does not resolve{hint}", context)
    if isinstance(error, TimeoutError) and error.errno is None:
        return unreachable(TIMED_OUT, context)
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return unreachable(CUT_OFF, context)
    if isinstance(error, ConnectionRefusedError):
        return host_down("refuses connections", context)
    return host_down(f"cannot be connected to: {error.strerror or str(error) or type(error).__name__}", context)


def _tls_failure(error: ssl.SSLError, context: RequestContext) -> Diagnosis:
    host = context.address.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return Diagnosis(
            Reason.TLS_NOT_TRUSTED, f"{host} is not trusted: {_certificate_problem(error, context)}", retryable=False
        )
    if error.reason in _NO_TLS:
        return replace(unreachable("does not speak TLS: is its endpoint http?", context), retryable=False)
    return unreachable(CUT_OFF, context)


def proxy_down(context: RequestContext, detail: str = "") -> Diagnosis:
    """Diagnosis of a proxy that makes no connection."""
    return unreachable(f"cannot be reached through {context.hints.proxy}{detail}", context)


def host_down(problem: str, context: RequestContext) -> Diagnosis:
    """Diagnosis of a host that does not accept connections."""
    return replace(unreachable(problem, context), host_down=True)


def unreachable(problem: str, context: RequestContext) -> Diagnosis:
    """Diagnosis of a missing, incomplete or unusable response; `problem` completes a sentence about the host."""
    return Diagnosis(Reason.ENDPOINT_UNREACHABLE, f"{context.address.host} {problem}", retryable=True)


def _certificate_problem(error: ssl.SSLCertVerificationError, context: RequestContext) -> str:
    problem = _CERTIFICATES.get(error.verify_code, f"its certificate: {error.verify_message}")
    if problem is _UNKNOWN_AUTHORITY:
        return f"{problem}: {context.hints.trust_authority}"
    if error.verify_code == 62 and context.address.virtual:
        return f"{problem}: {context.hints.use_path_addressing}"
    return problem
