"""Errors as pages that say what is wrong and what to do."""

import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from aiapp.console.errors import PageError
from aiapp.console.visiting.visit import CONSOLE, VISIT, Visit, anonymous
from aiapp.ports.kubernetes import NOT_SERVED, ApiError
from aiapp.queries.errors import QueryError

logger = logging.getLogger(__name__)

UNAUTHORIZED: Final = 401
BY_STATUS: Final = {404: "error.no_page", 405: "error.no_page", 413: "error.too_large"}
SHOWN: Final = frozenset({400, 403, 404, 409, 410, 413, 422, 429})
"""Refusals of the API server that are this answer's own; others are a fault between console and API server."""


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers with a page when there is none of what was asked for."""
    try:
        return await handler(request)
    except ConnectionError:
        raise
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _page(request, error.status, BY_STATUS.get(error.status, "error.request"), "")
    except Exception as error:  # noqa: BLE001 - logged unless it is one of those that are answers
        return _failed(request, error)


def _failed(request: web.Request, error: Exception) -> web.StreamResponse:
    match error:
        case PageError():
            return _page(request, error.status, error.text, "", error)
        case QueryError():
            return _page(request, 404, "error.query", error.message)
        case ApiError():
            return _refused(request, error)
        case TimeoutError():
            return _page(request, 504, "error.slow", "")
        case _:
            logger.error("%s cannot be shown", request.match_info.route.resource, exc_info=error)
            return _page(request, 500, "error.inside", "")


def _refused(request: web.Request, error: ApiError) -> web.StreamResponse:
    entrance = request.app[CONSOLE].access.entrance
    if error.status == UNAUTHORIZED and entrance is not None:
        return web.Response(status=303, headers={"Location": entrance})
    if error.reason == NOT_SERVED:
        return _page(request, 502, "error.kinds", "")
    if error.status == UNAUTHORIZED:
        return _page(request, UNAUTHORIZED, "error.not_known", "")
    if error.status in SHOWN:
        return _page(request, error.status, f"error.api.{error.status}", error.message)
    return _page(request, 502, "error.api", error.message)


def _page(
    request: web.Request, status: int, text: str, detail: str, error: PageError | None = None
) -> web.StreamResponse:
    visit: Visit = request.get(VISIT) or anonymous(request)
    sentence = visit.texts(text, **(error.values if error else {}))
    response = visit.page("failure.html", status=status, sentence=sentence, detail=detail)
    response.headers.update(error.headers if error else {})
    return response
