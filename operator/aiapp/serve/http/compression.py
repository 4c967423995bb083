"""Content-Encoding of requests and answers, both bounded; it never runs in the process that speaks HTTP."""

from __future__ import annotations

import zlib

from .errors import RefusedError

MIN_COMPRESSED_BYTES = 1024
"""Shorter answers fit one network packet as they are."""
_LEVEL = 1
"""Four times as fast as zlib's default for nine tenths of its effect on JSON."""
_GZIP = zlib.MAX_WBITS | 16
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


def decompressed(content: bytes, encoding: str, max_bytes: int) -> bytes:
    """The plain body. Raises RefusedError: 415 for other encodings, 413 above `max_bytes`, 400 when it is broken."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return content
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise RefusedError(415, "EncodingNotSupported", f"the content encoding {encoding!r} is not supported")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = inflater.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise RefusedError(400, "MalformedBody", f"the {encoding} body cannot be decompressed: {error}") from None
    if len(plain) > max_bytes:
        raise RefusedError(413, "BodyTooLarge", f"the decompressed body is larger than {max_bytes} bytes")
    if not inflater.eof:
        raise RefusedError(400, "MalformedBody", f"the {encoding} body is cut short")
    return plain


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip (RFC 9110, 12.5.3); only a weight of zero forbids it."""
    for item in accept_encoding.lower().split(","):
        coding, _, parameters = item.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return _weight(parameters) > 0
    return False


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def is_compressible(content_type: str, content: bytes) -> bool:
    """Text that is long enough; images are compressed already."""
    return len(content) >= MIN_COMPRESSED_BYTES and content_type.startswith(("application/json", "text/"))


def gzipped(content: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return compressor.compress(content) + compressor.flush()
