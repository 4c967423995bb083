"""The page on which something is done: what it comes to, how it is said by command and in Git, and the button."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from aiapp.console.actions import of_application, of_version
from aiapp.console.actions.fields import fields
from aiapp.console.actions.submission import Action, Outcome, Submission
from aiapp.console.errors import PageError
from aiapp.console.pages.places import APPLICATION, VERSION
from aiapp.console.visiting.visit import Visit, visit_of
from aiapp.domain.kubernetes.resources import APPLICATIONS
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.errors import QueryError

PREVIEW: Final = "preview"
REFUSED: Final = 409
UNAUTHORIZED: Final = 401


def routes() -> Iterable[web.AbstractRouteDef]:
    """One page for each action of an application and of a version."""
    return [
        web.get(f"{APPLICATION}/do/{{action}}", _of_application),
        web.post(f"{APPLICATION}/do/{{action}}", _of_application),
        web.get(f"{VERSION}/do/{{action}}", _of_version),
        web.post(f"{VERSION}/do/{{action}}", _of_version),
    ]


async def _of_application(request: web.Request) -> web.StreamResponse:
    return await _answer(request, of_application.ACTIONS)


async def _of_version(request: web.Request) -> web.StreamResponse:
    return await _answer(request, of_version.ACTIONS)


async def _answer(request: web.Request, actions: Iterable[Action]) -> web.StreamResponse:
    visit = visit_of(request)
    action = next((one for one in actions if one.name == request.match_info["action"]), None)
    if action is None or visit.all_namespaces:
        raise PageError(404, "error.no_page")
    sent = request.method == "POST"
    form: Mapping[str, str] = await _texts(request) if sent else dict(request.query)
    submission = Submission(visit.cluster, visit.name, form, visit.console.now(), "client")
    if not sent or form.get("step") == PREVIEW:
        return await _form_page(visit, action, submission, previewed=sent or not action.asks)
    try:
        await action.carry_out(replace(submission, dry_run="none"))
    except QueryError as error:
        return await _form_page(visit, action, submission, previewed=False, fault=error.message)
    except ApiError as error:
        if error.status == UNAUTHORIZED:
            raise
        return await _form_page(visit, action, submission, previewed=False, fault=error.message)
    return _done(visit, action)


async def _texts(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


async def _form_page(
    visit: Visit, action: Action, submission: Submission, *, previewed: bool, fault: str = ""
) -> web.Response:
    known = await fields(action.name, action.resource, visit.cluster, visit.name, submission.form)
    outcome, command = Outcome(), ""
    if previewed:
        try:
            outcome = await action.carry_out(submission)
            words = action.command(submission)
            command = shlex.join(["aiapp", *words, "-n", visit.namespace]) if words else ""
        except QueryError as error:
            fault = error.message
    return visit.page(
        "action.html",
        status=REFUSED if fault else 200,
        action=action,
        name=visit.name,
        known=known,
        outcome=outcome,
        command=command,
        fault=fault,
        allowed=await visit.cluster.allowed(action.verb, action.resource, visit.name),
        back=_object(visit, action),
    )


def _object(visit: Visit, action: Action, **query: str) -> str:
    return visit.to("applications" if action.resource == APPLICATIONS else "versions", visit.name, **query)


def _done(visit: Visit, action: Action) -> web.Response:
    gone = action.name == "delete"
    where = visit.to("", done=action.name) if gone else _object(visit, action, done=action.name)
    return web.Response(status=303, headers={"Location": where})
