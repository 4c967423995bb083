"""A line for each answer: who asked is not in it, and neither is a query, for both may be secret."""

import logging
import time

from aiohttp import web
from aiohttp.typedefs import Handler

from aiapp.domain.printable import printable

logger = logging.getLogger(__name__)


@web.middleware
async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Logs method, path, status and time."""
    started = time.monotonic()
    response = await handler(request)
    milliseconds = (time.monotonic() - started) * 1000
    logger.info("%s %s %d in %.0f ms", request.method, printable(request.path), response.status, milliseconds)
    return response
