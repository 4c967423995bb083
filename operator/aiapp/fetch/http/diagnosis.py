"""Maps exceptions of requests to a diagnosis."""

from http import HTTPStatus
from typing import Final

from aiapp.endpoints.diagnosis import Diagnosis, unreachable
from aiapp.endpoints.retry_after import retry_after
from aiapp.fetch.http.exchange import Answer
from aiapp.fetch.http.stream import ProtocolError
from aiapp.s3.errors import ErrorResponse, RequestContext, diagnose_response, error_response

_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class RefusedError(Exception):
    """The store returned an error response."""

    def __init__(self, response: ErrorResponse, retry_after: float = 0.0) -> None:
        super().__init__(response.status, response.code)
        self.response = response
        self.retry_after = retry_after
        """Seconds to wait, as the store requested."""

    @property
    def busy(self) -> bool:
        """True if the store asks for fewer requests."""
        return self.response.status in _BUSY


class BrokenAnswerError(Exception):
    """A response does not match its status; the text completes a sentence about the host: `sent ...`."""


def refusal(answer: Answer, body: bytes) -> RefusedError:
    """Returns the error for a response that is not a success, given the beginning of its body."""
    response = error_response(answer.status, body, answer.headers.get("x-amz-bucket-region", ""))
    return RefusedError(response, retry_after(answer.headers))


def diagnosis(error: Exception, context: RequestContext) -> Diagnosis:
    """Returns the diagnosis of an exception that a request raised."""
    if isinstance(error, RefusedError):
        return diagnose_response(error.response, context)
    from aiapp.endpoints.connection_errors import CUT_OFF, diagnose_failure  # noqa: PLC0415 - takes a while, and most requests succeed

    if isinstance(error, OSError):
        return diagnose_failure(error, context)
    problem = CUT_OFF if isinstance(error, ProtocolError) else str(error) or type(error).__name__
    return unreachable(problem, context)
