"""Ranges of pinned objects over HTTP: connections, signatures, limits, backoff."""
