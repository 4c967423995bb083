"""What may be done with an application."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from aiapp.console.actions.shared import DELETE, DESCRIBE
from aiapp.console.actions.wish import Action, Outcome, Wish
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


async def _deploy(wish: Wish) -> Outcome:
    done = await deployed(
        wish.cluster, wish.name, shares(wish), replicas=_number(wish, "replicas"), dry_run=wish.dry_run
    )
    return Outcome(done.manifest, done.notes)


def shares(wish: Wish) -> list[Share]:
    """The versions that get traffic by a form. Raises `QueryError`."""
    fields = sorted(name for name in wish.form if name.startswith(WEIGHT))
    weights = {name.removeprefix(WEIGHT): _number(wish, name) for name in fields}
    found = [Share(version, weight) for version, weight in weights.items() if weight]
    if not found:
        raise QueryError("no version gets any traffic: give one 100 percent, or stop the application instead")
    return found


def _deploy_command(wish: Wish) -> Iterator[str]:
    yield from ("deploy", wish.name, *(f"{one.version}={one.weight}" for one in shares(wish)))
    if (replicas := _number(wish, "replicas")) is not None:
        yield from ("--replicas", str(replicas))


def _number(wish: Wish, field: str) -> int | None:
    text = wish.text(field)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise QueryError(f"{field}: {text!r} is no whole number")
    return int(text)


async def _operate(wish: Wish, wanted: Callable[[Json], Operation]) -> Outcome:
    done = await operate(wish.cluster, wish.name, wanted, dry_run=wish.dry_run)
    return Outcome(done.manifest if done.operation.edits_spec else None, done.notes)


async def _stop(wish: Wish) -> Outcome:
    return await _operate(wish, stop)


async def _start(wish: Wish) -> Outcome:
    return await _operate(wish, partial(start, now=wish.now))


async def _restart(wish: Wish) -> Outcome:
    return await _operate(wish, partial(restart, now=wish.now))


async def _roll_back(wish: Wish) -> Outcome:
    to = _number(wish, "revision")
    if wish.dry_run == "client":
        found = await planned_rollback(wish.cluster, wish.name, to)
    else:
        found = await roll_back(wish.cluster, wish.name, to, dry_run=False)
    return Outcome(found.manifest, found.notes)


def _roll_back_command(wish: Wish) -> Sequence[str]:
    to = _number(wish, "revision")
    return ("rollback", wish.name, *(() if to is None else ("--to", str(to))))


async def _approve(wish: Wish) -> Outcome:
    if wish.dry_run != "client":
        await rollout.approve(wish.cluster, wish.name, seen=wish.text("seen"))
    return Outcome()


async def _abort(wish: Wish) -> Outcome:
    manifest = await rollout.planned_rollback(wish.cluster, wish.name)
    if wish.dry_run != "client":
        await rollout.abort(wish.cluster, wish.name, dry_run=False)
    return Outcome(manifest)


def _plain(*words: str) -> Callable[[Wish], Sequence[str]]:
    return lambda wish: (*words, wish.name)


ACTIONS: Final = (
    Action("deploy", APPLICATIONS, "patch", _deploy, lambda wish: tuple(_deploy_command(wish)), asks=True),
    Action("approve", APPLICATIONS, "patch", _approve, _plain("rollout", "approve")),
    Action("abort", APPLICATIONS, "patch", _abort, _plain("rollout", "abort")),
    Action("stop", APPLICATIONS, "patch", _stop, _plain("stop")),
    Action("start", APPLICATIONS, "patch", _start, _plain("start")),
    Action("restart", APPLICATIONS, "patch", _restart, _plain("restart")),
    Action("rollback", APPLICATIONS, "patch", _roll_back, _roll_back_command, asks=True),
    Action("describe", APPLICATIONS, "patch", DESCRIBE.carry_out, DESCRIBE.command, asks=True),
    Action("delete", APPLICATIONS, "delete", DELETE.carry_out, DELETE.command, danger=True),
)


def fitting(found: ApplicationDetails) -> Iterator[Action]:
    """Those that do something to an application as it is."""
    state = None if found.rollout is None else found.rollout.state
    serves, stopped = found.serving is not None, found.overview.stopped
    now = {
        "deploy": bool(found.versions),
        "approve": state in WAITING,
        "abort": state in UNDER_WAY,
        "stop": serves and not stopped,
        "start": serves and (stopped or found.overview.auto_stop_at is not None),
        "restart": serves and not stopped,
        "rollback": len(found.configurations) > 1,
        "describe": True,
        "delete": not serves or stopped,
    }
    return (one for one in ACTIONS if now[one.name])
