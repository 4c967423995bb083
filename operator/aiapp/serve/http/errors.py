"""The errors that a client sees, as values; nothing here logs or sends."""

from __future__ import annotations

import json
from typing import Tuple

MAX_MESSAGE = 2000
"""Characters: messages quote names that clients choose."""


class RefusedError(Exception):
    """A request that is answered with an error: HTTP status, stable code, one sentence, further headers."""

    def __init__(self, status: int, code: str, message: str, *headers: Tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 3] + "..."
        self.headers = headers


def error_body(code: str, message: str, request_id: str, *, is_v2: bool = False) -> bytes:
    """The JSON document of every error answer; clients of the Open Inference Protocol read `error`."""
    document = {"error_code": code, "error_msg": message, "request_id": request_id}
    if is_v2:
        document["error"] = message
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
