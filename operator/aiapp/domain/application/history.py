"""The configurations that an application was last asked to serve, and what became of each. Pure."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import ValidationError

from aiapp.api.conditions import Reason
from aiapp.api.history import KEPT_CONFIGURATIONS, LONGEST_SERVING, Configuration, Outcome, ServedThen
from aiapp.api.serving import Serving
from aiapp.domain.application.traffic.shares import weight_of
from aiapp.domain.conditions import STALLING, Finding, State
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord

UP: Final = frozenset({Reason.RUNNING, Reason.SCALED_TO_ZERO})
"""Reasons of Ready with which a configuration is all there, other than one that was stopped meanwhile."""
SWITCH: Final = "stopped"
"""What starts and stops a configuration is no part of it."""


def history(application: ApplicationRecord, ready: Finding, now: datetime) -> list[Json]:
    """`status.history`, newest first. `ready` is the finding on what is asked for now."""
    known, serving = application.parsed.status.history, application.parsed.spec.serving
    configurations = _left(known) if serving is None else _noted(application, serving, ready, now)
    return [one.model_dump(by_alias=True, mode="json", exclude_none=True) for one in configurations]


def whole(serving: Json) -> str:
    """A configuration as it is kept: the same text for equal ones."""
    return orjson.dumps(_without(serving, SWITCH), option=orjson.OPT_SORT_KEYS).decode()


def is_alike(kept: str, serving: Json) -> bool:
    """Whether a kept configuration is that one, but for the number of pods, which autoscalers change all the time.

    What a newer CRD adds as a default makes no other one, nor does the order of versions.
    """
    return kept == whole(serving) or normal(orjson.loads(kept)) == normal(serving)


def _noted(application: ApplicationRecord, serving: Serving, ready: Finding, now: datetime) -> Sequence[Configuration]:
    known = application.parsed.status.history
    asked = _asked(application, serving, known[0].revision + 1 if known else 1, now)
    if known and _is_same(known[0], asked, application.raw["spec"]["serving"]):
        kept = known[0] if _is_seen(application) else _rescaled(known[0], asked)
        return [kept.model_copy(update={"outcome": _outcome(ready, kept.outcome)}), *known[1:]]
    first = asked.model_copy(update={"outcome": _outcome(ready, "Progressing")})
    return [first, *_left(known)][:KEPT_CONFIGURATIONS]


def _is_seen(application: ApplicationRecord) -> bool:
    return application.parsed.status.observed_generation == application.generation


def _rescaled(kept: Configuration, asked: Configuration) -> Configuration:
    return kept.model_copy(update={"versions": asked.versions, "serving": asked.serving})


def _left(known: Sequence[Configuration]) -> Sequence[Configuration]:
    """The same when nothing, or another one, is asked for."""
    if not known or known[0].outcome != "Progressing":
        return known
    return [known[0].model_copy(update={"outcome": "Superseded"}), *known[1:]]


def _asked(application: ApplicationRecord, serving: Serving, revision: int, now: datetime) -> Configuration:
    """What is asked for now, as if it were new."""
    text, author = whole(application.raw["spec"]["serving"]), application.author
    return Configuration(
        revision=revision,
        generation=application.generation,
        time=(author.at if author else None) or now.replace(microsecond=0),
        manager=author.manager if author else "",
        outcome="Progressing",
        versions=tuple(
            ServedThen(version=one.version, weight=weight_of(one, serving), replicas=one.replicas)
            for one in serving.versions
        ),
        serving=text if len(text) <= LONGEST_SERVING else None,
    )


def _is_same(last: Configuration, asked: Configuration, serving: Json) -> bool:
    if last.outcome == "Superseded":
        return False
    if last.serving is None or asked.serving is None:
        return last.generation == asked.generation
    return is_alike(last.serving, serving)


def normal(serving: Json) -> Json:
    """A configuration with all defaults, without what changes all the time: its number of pods, and the switch."""
    with suppress(ValidationError):  # kept by an operator with other rules: compared as it is
        serving = Serving.model_validate(serving).model_dump(by_alias=True, mode="json")
    versions = sorted((_without(one, "replicas") for one in serving["versions"]), key=lambda one: str(one["version"]))
    return {**_without(serving, SWITCH), "versions": versions}


def _outcome(ready: Finding, before: Outcome) -> Outcome:
    if before == "Succeeded" or (ready.state is State.TRUE and ready.reason in UP):
        return "Succeeded"
    if ready.reason is Reason.ROLLED_BACK:
        return "RolledBack"
    return "Failed" if before == "Progressing" and ready.reason in STALLING else before


def _without(part: Json, field: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != field}
