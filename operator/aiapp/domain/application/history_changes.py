"""What differs between two configurations that an application was asked to serve, for people. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import orjson

from aiapp.api.history import Configuration
from aiapp.domain.application.history import normal
from aiapp.domain.kubernetes.resources import Json

UNKNOWN: Final = "(not kept)"
"""Of a configuration that was too long to be kept, and of the one after it."""
SHOWN: Final = frozenset({"weight", "workers"})
"""Fields whose values are told; all others are named alone: an environment is long, and may hold what is private."""


def changes(known: Sequence[Configuration]) -> list[list[str]]:
    """For each of a history, newest first, what differs from the one before it; nothing for the first one known."""
    return [*(_between(before, after) for after, before in pairwise(known)), *([[]] if known else [])]


def _between(before: Configuration, after: Configuration) -> list[str]:
    was, now = _whole(before), _whole(after)
    return [UNKNOWN] if was is None or now is None else list(differences(was, now))


def _whole(configuration: Configuration) -> Json | None:
    """With the weights that it came to."""
    if configuration.serving is None:
        return None
    weights = {one.version: one.weight for one in configuration.versions}
    serving = normal(orjson.loads(configuration.serving))
    versions = [one | {"weight": weights.get(one["version"])} for one in serving.get("versions") or ()]
    return serving | {"versions": versions}


def differences(before: Json, after: Json) -> Iterator[str]:
    """`+1.1.0`, `-1.0.0`, `1.0.0 weight 100 -> 90`, `1.0.0 env`, `limits.queue`: versions first, then other fields."""
    was, now = ({one["version"]: one for one in serving.get("versions") or ()} for serving in (before, after))
    yield from (f"+{version}" for version in now if version not in was)
    yield from (f"-{version}" for version in was if version not in now)
    for version in was.keys() & now.keys():
        yield from (f"{version} {field}" for field in _fields(was[version], now[version]))
    yield from _fields(_others(before), _others(after), deep=True)


def _fields(before: Json, after: Json, *, deep: bool = False) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if deep and isinstance(was, dict) and isinstance(now, dict):
            yield from (f"{name}.{field}" for field in _fields(was, now))
        else:
            yield f"{name} {was} -> {now}" if name in SHOWN else name


def _others(serving: Json) -> Json:
    return {name: value for name, value in serving.items() if name != "versions"}
