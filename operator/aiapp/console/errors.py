"""Why a request has no page."""

from collections.abc import Mapping


class PageError(Exception):
    """Answered with a page that says why."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None, **values: object) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        """Key in the catalogue of texts, for `values`."""
        self.headers = headers or {}
        self.values = values
