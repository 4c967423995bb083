"""Failures of a fetch, with the API's reasons and an exit code for each. Never shows a credential."""

import json
from enum import IntEnum

from aiapp.api.conditions import Reason


class ExitCode(IntEnum):
    """Exit codes of `aiapp fetch`; 2 is a wrong argument (click's own)."""

    DONE = 0
    FAILED = 1
    CONTENT_CHANGED = 3
    ACCESS_DENIED = 4
    UNREACHABLE = 5
    NO_SPACE = 6


_EXIT_CODES = {
    Reason.CONTENT_CHANGED: ExitCode.CONTENT_CHANGED,
    Reason.DIGEST_MISMATCH: ExitCode.CONTENT_CHANGED,
    Reason.ACCESS_DENIED: ExitCode.ACCESS_DENIED,
    Reason.ENDPOINT_UNREACHABLE: ExitCode.UNREACHABLE,
    Reason.TLS_NOT_TRUSTED: ExitCode.UNREACHABLE,
    Reason.LIMIT_EXCEEDED: ExitCode.NO_SPACE,
}


class FetchError(Exception):
    """The download cannot be finished; the message names the object or the folder and what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    @property
    def exit_code(self) -> ExitCode:
        return _EXIT_CODES.get(self.reason, ExitCode.FAILED)


def path_of(error: OSError) -> str | None:
    """The path at fault: of two the destination; None for a mere descriptor."""
    paths = (path for path in (error.filename2, error.filename) if path is not None and not isinstance(path, int))
    return next(map(str, paths), None)


def packed(error: FetchError | OSError) -> bytes:
    """A failure as bytes, to be sent to another process."""
    if isinstance(error, FetchError):
        return json.dumps([error.reason.value, error.message]).encode()
    return json.dumps([None, error.errno, error.strerror or str(error), path_of(error)]).encode()


def unpacked(data: bytes) -> FetchError | OSError:
    """The failure that was `packed`."""
    reason, *arguments = json.loads(data)
    return OSError(*arguments) if reason is None else FetchError(Reason(reason), *arguments)
