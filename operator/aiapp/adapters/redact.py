"""Takes secrets out of text that outside libraries wrote, before it may reach a log, an Event or a condition.

Never meant to make a secret safe that we put there ourselves: our own messages are built without any.
"""

import re
from typing import Final

HIDDEN: Final = "[hidden]"

_MAX_CHARACTERS: Final = 300
_PATTERNS: Final = (
    re.compile(r"(?P<kept>\b[a-z][a-z0-9+.-]{1,16}://)[^/\s@]{1,512}@", re.IGNORECASE),
    re.compile(r"(?P<kept>https?://[^\s?'\"]{1,2048}\?)[^\s'\"]+", re.IGNORECASE),
    re.compile(
        r"(?P<kept>\b(?:x-amz-[a-z-]{1,40}|awsaccesskeyid|accesskeyid|signature|authorization|credential|"
        r"secret[a-z_-]{0,16}|(?:session|security)[_-]?token|password)[\"']?\s?[=:]\s?[\"']?)"
        r"(?:(?:AWS4-HMAC-SHA256|AWS|OBS|Bearer|Basic)\s)?[^\s&,;\"'<]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>)(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,20}(?![A-Z0-9])"),
)


def redact(text: str) -> str:
    """`text` on one line, bounded in length, without query strings, user parts of URLs, keys, signatures and tokens."""
    plain = " ".join(text[: 8 * _MAX_CHARACTERS].split())
    for pattern in _PATTERNS:
        plain = pattern.sub(rf"\g<kept>{HIDDEN}", plain)
    return plain if len(plain) <= _MAX_CHARACTERS else f"{plain[:_MAX_CHARACTERS]}..."
