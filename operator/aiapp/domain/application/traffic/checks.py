"""The queries at the end of a step: which are asked, in whose words, and what the answers mean. Pure; asks nothing.

Users name a query and say what its number may be; its text is the administrator's, and of the user's come only the
names of namespace, application and version into it. So nobody reads the series of others.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aiapp.api.checks import PrometheusCheck

_PLACEHOLDER: Final = re.compile(r"\$(namespace|application|version)\b")
_HARMLESS: Final = re.compile(r"[a-z0-9.-]+")
"""What names of objects and version numbers consist of: nothing that ends a string of a query."""


class Check(NamedTuple):
    """One check of one version."""

    version: str
    wanted: PrometheusCheck
    query: str | None
    """None: no query of that name is offered."""


class Verdict(NamedTuple):
    """What the checks of a step came to. Neither of the two: they passed."""

    failure: str | None = None
    silence: str | None = None
    """Why it is not known whether they pass."""


PASSED: Final = Verdict()
Answer = float | str
"""The number; or why there is none."""


def checks(
    wanted: Sequence[PrometheusCheck], versions: Sequence[str], place: tuple[str, str], offered: Mapping[str, str]
) -> tuple[Check, ...]:
    """Every check of each of the versions. `place` is namespace and name of the application."""
    return tuple(
        Check(version, one, _filled(offered.get(one.name), place, version)) for version in versions for one in wanted
    )


def verdict(asked: Sequence[Check], answers: Mapping[str, Answer], offered: Mapping[str, str]) -> Verdict:
    """`answers` by query. A check that fails counts more than one without an answer."""
    found = [_judged(one, answers, offered) for one in asked]
    failed = next((one.failure for one in found if one.failure), None)
    return Verdict(failed, None if failed else next((one.silence for one in found if one.silence), None))


def _filled(query: str | None, place: tuple[str, str], version: str) -> str | None:
    values = dict(zip(("namespace", "application", "version"), (*place, version), strict=True))
    if query is None or not all(_HARMLESS.fullmatch(value) for value in values.values()):
        return None
    return _PLACEHOLDER.sub(lambda found: values[found[1]], query)


def _judged(one: Check, answers: Mapping[str, Answer], offered: Mapping[str, str]) -> Verdict:
    about = f"check {one.wanted.name} of {one.version}"
    if one.query is None:
        names = ", ".join(sorted(offered)) or "none"
        return Verdict(silence=f"{about}: the administrator offers no query of that name; offered: {names}")
    answer = answers.get(one.query, "it was not asked in time")
    if isinstance(answer, str):
        return Verdict(silence=f"{about}: {answer}")
    if math.isnan(answer):
        return Verdict(silence=f"{about}: the answer is not a number, as when nothing was counted yet")
    if one.wanted.min is not None and answer < one.wanted.min:
        return Verdict(failure=f"{about}: {answer:.6g} is less than {one.wanted.min:.6g}")
    if one.wanted.max is not None and answer > one.wanted.max:
        return Verdict(failure=f"{about}: {answer:.6g} is more than {one.wanted.max:.6g}")
    return PASSED
