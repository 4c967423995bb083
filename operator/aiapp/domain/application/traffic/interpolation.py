"""How far versions are on the way from one split to another, in whole numbers. Pure; knows no traffic and no pods."""

from collections.abc import Mapping


def interpolate(start: Mapping[str, int], end: Mapping[str, int], percent: int) -> dict[str, int]:
    """What each version has when `percent` of the way from `start` to `end` is gone; a version that is absent has 0.

    Every number moves towards its end as `percent` grows and never back, which rounding each by itself or by the
    largest remainder of all would not keep. The sum stays between those of start and end: equal sums stay equal.
    Versions come in the order of `end`, then those that only `start` has.
    """
    versions = [*end, *(version for version in start if version not in end)]
    change = {version: end.get(version, 0) - start.get(version, 0) for version in versions}
    gained = _moved({v: by for v, by in change.items() if by > 0}, percent)
    lost = _moved({v: -by for v, by in change.items() if by < 0}, percent)
    return {v: start.get(v, 0) + gained.get(v, 0) - lost.get(v, 0) for v in versions}


def _moved(change: Mapping[str, int], percent: int) -> dict[str, int]:
    """How much of each change is done: one unit after the other, each to the version that lags most behind its share.

    In such a row the units of a smaller percentage are always the first of those of a larger one.
    """
    total = sum(change.values())
    moved = dict.fromkeys(change, 0)
    for unit in range(1, (total * percent + 50) // 100 + 1):
        moved[max(_unfinished(change, moved), key=lambda v: change[v] * unit - moved[v] * total)] += 1
    return moved


def _unfinished(change: Mapping[str, int], moved: Mapping[str, int]) -> list[str]:
    return [version for version, by in change.items() if moved[version] < by]
