"""Durations as kubectl takes them: 30s, 10m, 1h30m."""

import re
from typing import Any, Final

import click
from typing_extensions import override

_FORM: Final = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?")


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


DURATION: Final = Duration()
