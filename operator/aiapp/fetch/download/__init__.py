"""Parallel download in bounded memory: small files by processes, large ones by ranges."""
