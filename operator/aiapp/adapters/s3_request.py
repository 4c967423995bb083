"""One request to a store at a time, made again when that may help. Never outlives the one who waits for it."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

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
    abandoned: threading.Event
    """Set when nobody waits for the result any more."""

    def make(self, ask: "Callable[[S3Client], Result]") -> Result:
        """The result of `ask`; raises `StoreError` whatever went wrong."""
        attempt = 1
        while not self.abandoned.is_set():
            try:
                return ask(self.client)
            except Exception as error:
                mapped = store_error(error, self.location)
                if attempt == self.retries.attempts or not mapped.retryable or isinstance(mapped, ObjectChangedError):
                    raise mapped from error
            self.abandoned.wait(self.retries.seconds * 2 ** (attempt - 1) * self.retries.uniform())
            attempt += 1
        message = f"{self.location.host} did not answer in the time that was left"
        raise StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)
