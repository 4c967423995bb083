"""Digests of what a registry sends: nothing is believed before its digest is the one that was asked for."""

import hashlib


def of(body: bytes) -> str:
    """The digest of a document."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
