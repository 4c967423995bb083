"""Why a question has no answer."""


class QueryError(Exception):
    """A question has no answer; the message says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
