"""What may be done with an application."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from aiapp.console.actions.shared import DELETE, DESCRIBE
from aiapp.console.actions.submission import Action, Outcome, Submission
from aiapp.domain.application.deployment import Share
from aiapp.domain.application.operation import Operation, restart, start, stop
from aiapp.domain.details.application import ApplicationDetails
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.queries import rollout
from aiapp.queries.deployment import deployed
from aiapp.queries.errors import QueryError
from aiapp.queries.history import planned_rollback, roll_back
from aiapp.queries.operation import operate

WEIGHT: Final = "weight "
"""What the fields of a deployment's form begin with; the version follows."""
WAITING: Final = frozenset({"Paused", "AwaitingApproval", "Failed", "RolledBack"})
"""States of a rollout in which a person's word counts."""
UNDER_WAY: Final = frozenset({"Progressing", "Paused", "AwaitingApproval", "Failed"})


async def _deploy(submission: Submission) -> Outcome:
    result = await deployed(
        submission.cluster,
        submission.name,
        shares(submission),
        replicas=_number(submission, "replicas"),
        dry_run=submission.dry_run,
    )
    return Outcome(result.manifest, result.notes)


def shares(submission: Submission) -> list[Share]:
    """The versions that get traffic by a form. Raises `QueryError`."""
    fields = sorted(name for name in submission.form if name.startswith(WEIGHT))
    weights = {name.removeprefix(WEIGHT): _number(submission, name) for name in fields}
    found = [Share(version, weight) for version, weight in weights.items() if weight]
    if not found:
        raise QueryError("no version gets any traffic: give one 100 percent, or stop the application instead")
    return found


def _deploy_command(submission: Submission) -> Iterator[str]:
    yield from ("deploy", submission.name, *(f"{one.version}={one.weight}" for one in shares(submission)))
    if (replicas := _number(submission, "replicas")) is not None:
        yield from ("--replicas", str(replicas))


def _number(submission: Submission, field: str) -> int | None:
    text = submission.text(field)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise QueryError(f"{field}: {text!r} is no whole number")
    return int(text)


async def _operate(submission: Submission, wanted: Callable[[Json], Operation]) -> Outcome:
    result = await operate(submission.cluster, submission.name, wanted, dry_run=submission.dry_run)
    return Outcome(result.manifest if result.operation.edits_spec else None, result.notes)


async def _stop(submission: Submission) -> Outcome:
    return await _operate(submission, stop)


async def _start(submission: Submission) -> Outcome:
    return await _operate(submission, partial(start, now=submission.now))


async def _restart(submission: Submission) -> Outcome:
    return await _operate(submission, partial(restart, now=submission.now))


async def _roll_back(submission: Submission) -> Outcome:
    to = _number(submission, "revision")
    if submission.dry_run == "client":
        found = await planned_rollback(submission.cluster, submission.name, to)
    else:
        found = await roll_back(submission.cluster, submission.name, to, dry_run=False)
    return Outcome(found.manifest, found.notes)


def _roll_back_command(submission: Submission) -> Sequence[str]:
    to = _number(submission, "revision")
    return ("rollback", submission.name, *(() if to is None else ("--to", str(to))))


async def _approve(submission: Submission) -> Outcome:
    if submission.dry_run != "client":
        await rollout.approve(submission.cluster, submission.name, seen=submission.text("seen"))
    return Outcome()


async def _abort(submission: Submission) -> Outcome:
    manifest = await rollout.planned_abort(submission.cluster, submission.name)
    if submission.dry_run != "client":
        await rollout.abort(submission.cluster, submission.name, dry_run=False)
    return Outcome(manifest)


def _plain(*words: str) -> Callable[[Submission], Sequence[str]]:
    return lambda submission: (*words, submission.name)


ACTIONS: Final = (
    Action("deploy", APPLICATIONS, "patch", _deploy, lambda submission: tuple(_deploy_command(submission)), asks=True),
    Action("approve", APPLICATIONS, "patch", _approve, _plain("rollout", "approve")),
    Action("abort", APPLICATIONS, "patch", _abort, _plain("rollout", "abort")),
    Action("stop", APPLICATIONS, "patch", _stop, _plain("stop")),
    Action("start", APPLICATIONS, "patch", _start, _plain("start")),
    Action("restart", APPLICATIONS, "patch", _restart, _plain("restart")),
    Action("rollback", APPLICATIONS, "patch", _roll_back, _roll_back_command, asks=True),
    Action("describe", APPLICATIONS, "patch", DESCRIBE.carry_out, DESCRIBE.command, asks=True),
    Action("delete", APPLICATIONS, "delete", DELETE.carry_out, DELETE.command, danger=True),
)


def fitting(details: ApplicationDetails) -> Iterator[Action]:
    """Those that do something to an application as it is."""
    state = None if details.rollout is None else details.rollout.state
    serves, stopped = details.serving is not None, details.overview.stopped
    now = {
        "deploy": bool(details.versions),
        "approve": state in WAITING,
        "abort": state in UNDER_WAY,
        "stop": serves and not stopped,
        "start": serves and (stopped or details.overview.auto_stop_at is not None),
        "restart": serves and not stopped,
        "rollback": len(details.configurations) > 1,
        "describe": True,
        "delete": not serves or stopped,
    }
    return (one for one in ACTIONS if now[one.name])
