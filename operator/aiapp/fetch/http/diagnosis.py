"""What a failed request means, from what it raised. Shows neither addresses with a query nor credentials."""

from http import HTTPStatus
from typing import Final

from aiapp.fetch.http.exchange import Answer
from aiapp.fetch.http.stream import ProtocolError
from aiapp.s3.meaning import Answered, Asked, Meaning, answered, meaning

_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class RefusedError(Exception):
    """The store answered a request for bytes with something else than these bytes."""

    def __init__(self, said: Answered, retry_after: float = 0.0) -> None:
        super().__init__(said.status, said.code)
        self.said = said
        self.retry_after = retry_after
        """Seconds that the store asks to wait."""

    @property
    def busy(self) -> bool:
        """The store asks for fewer requests."""
        return self.said.status in _BUSY


class BrokenAnswerError(Exception):
    """The answer was not what its status promised; the text is a clause about the store: `sent ...`."""


def refusal(answer: Answer, body: bytes) -> RefusedError:
    """Of an answer that is no success, with the beginning of its body."""
    said = answered(answer.status, body, answer.headers.get("x-amz-bucket-region", ""))
    return RefusedError(said, retry_after(answer))


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


def diagnosis(error: Exception, asked: Asked) -> Meaning:
    """Of whatever a request raised."""
    if isinstance(error, RefusedError):
        return meaning(error.said, asked)
    from aiapp.s3.failures import CUT_OFF, failed, silent  # noqa: PLC0415 - takes a while, and most requests succeed

    if isinstance(error, OSError):
        return failed(error, asked)
    words = CUT_OFF if isinstance(error, ProtocolError) else str(error) or type(error).__name__
    return silent(words, asked)
