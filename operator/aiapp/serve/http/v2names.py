"""Names of the Open Inference Protocol that both kinds of process use; nothing here does anything."""

from __future__ import annotations

PREFIX = "/v2"
MODEL_VERSION = "1"
"""A server has one model, and the platform's images too call its folder `1`."""
LENGTH_HEADER = "Inference-Header-Content-Length"
"""Of the binary extension: bytes of the JSON document, which raw tensors follow."""


def is_v2(path: str) -> bool:
    """Whether a client that asks for this path expects errors in the protocol's form."""
    return path == PREFIX or path.startswith(PREFIX + "/")
