"""One request to a store at a time, made again when that may help. Never outlives the one who waits for it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from aiapp.adapters.blocking import Abandoned
from aiapp.adapters.exchange import Deadline, Exchange
from aiapp.adapters.s3_errors import store_error
from aiapp.api.conditions import Reason
from aiapp.domain.location import Location
from aiapp.ports import ObjectChangedError, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Result = TypeVar("Result")
Random = Callable[[], float]
"""A number from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and after what wait; the wait doubles each time and is a random part of that."""

    attempts: int = 3
    seconds: float = 0.2
    uniform: Random = random.random


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests about one location."""

    client: "S3Client"
    location: Location
    retries: Retries
    abandoned: Abandoned
    deadline: Deadline
    """For each request; an answer that takes longer is cut off and not asked for again."""

    def make(self, ask: "Callable[[S3Client], Result]") -> Result:
        """The result of `ask`; raises `StoreError` whatever went wrong."""
        attempt = 1
        while not self.abandoned.is_set():
            try:
                return self._once(ask)
            except Exception as error:
                mapped = store_error(error, self.location)
                if attempt == self.retries.attempts or not mapped.retryable or isinstance(mapped, _FINAL):
                    raise mapped from error
            self.abandoned.wait(self.retries.seconds * 2 ** (attempt - 1) * self.retries.uniform())
            attempt += 1
        message = f"{self.location.host} did not answer in the time that was left"
        raise StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)

    def _once(self, ask: "Callable[[S3Client], Result]") -> Result:
        """The result, or whatever `ask` raised; what was cut off is never taken for a result."""
        with Exchange() as exchange, self.abandoned.ending(exchange.cut):
            self.deadline.watch(exchange)
            try:
                result = ask(self.client)
            except Exception as error:
                if exchange.over:
                    raise _TooSlowError(self.location, self.deadline.seconds) from error
                raise
            if exchange.over:
                raise _TooSlowError(self.location, self.deadline.seconds)
            return result


class _TooSlowError(StoreError):
    """The answer was cut off."""

    def __init__(self, where: Location, seconds: float) -> None:
        message = f"{where.host} sends so slowly that an answer was not complete after {seconds:g} s"
        super().__init__(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


_FINAL: Final = (ObjectChangedError, _TooSlowError)
"""Not worth another try at once."""
