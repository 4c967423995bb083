"""`Retry-After`: when an endpoint wants to be asked again. Uses no clock."""

from collections.abc import Mapping

MAX_SECONDS = 86_400.0
"""Whatever an endpoint asks for: it may be wrong about itself."""


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds by a number, or by a date relative to the response's own; 0: it does not say."""
    wanted = headers.get("retry-after", "").strip()
    if wanted.isdecimal() and wanted.isascii():
        return min(float(wanted[:9]), MAX_SECONDS)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few endpoints ask, and with a date fewer still

    try:
        until, now = parsedate_to_datetime(wanted), parsedate_to_datetime(headers.get("date", ""))
        return min(max(0.0, (until - now).total_seconds()), MAX_SECONDS)
    except (TypeError, ValueError):
        return 0.0
