"""Durations: as kubectl takes them (30s, 10m, 1h30m), and periods in the past of one unit, which may be days."""

import re
from datetime import timedelta
from typing import Any, Final

import click
from typing_extensions import override

_FORM: Final = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?")
_PERIOD: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[int]):
    """A duration of at least a second, in seconds."""

    name = "duration"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _FORM.fullmatch(str(value))
        if not value or found is None:
            self.fail(f"{value!r} is no duration such as 30s, 10m or 1h30m", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return max(1, (hours * 60 + minutes) * 60 + seconds)


class Period(click.ParamType[timedelta]):
    """How far back something is looked for."""

    name = "duration"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = _PERIOD.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not written 90s, 30m, 2h or 7d", param, ctx)
        return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


DURATION: Final = Duration()
PERIOD: Final = Period()
