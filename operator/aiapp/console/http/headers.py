"""What every answer tells the browser to refuse."""

from typing import Final

from aiohttp import web

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A page without any referrer would post its forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
TLS_ALONE: Final = "max-age=31536000"
NOT_KEPT: Final = "no-store"


def harden(response: web.StreamResponse, *, secure: bool) -> None:
    """Adds the headers, and keeps the answer out of caches unless it says otherwise."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if secure:
        response.headers.setdefault("Strict-Transport-Security", TLS_ALONE)
    response.headers.setdefault("Cache-Control", NOT_KEPT)
    response.headers["Server"] = "aiapp"
