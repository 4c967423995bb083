"""The real scheduler as oracle: a pod is bound where we say that it can be, and waits exactly when we say so."""

import os
from collections import Counter
from collections.abc import Callable
from itertools import islice, zip_longest

import pytest
from tests.support.fleets import FLAWS, KINDS, Kind, Story, flawed, generated
from tests.support.kube import Kube
from tests.support.oracle import kind_of
from tests.support.scheduling import Finding, batch

from aiapp.api.conditions import Reason
from aiapp.domain.nodes import checks

FLEETS = int(os.environ.get("ORACLE_FLEETS", "510"))
"""5,000 on demand: `ORACLE_FLEETS=5000`."""
AT_ONCE = 60
"""Fleets on the cluster at a time: done with before nodes without a kubelet count as lost (40 s)."""
SHARE = 0.3
ALIKE = {checks.has_dtype}
"""Checks that find all nodes of a chip alike, whatever is made of one."""
KNOWN_DIFFERENCES = {Reason.HARDWARE_MISSING, Reason.CHIP_MISMATCH, Reason.CANN_TOO_OLD, Reason.NPU_COUNT_IMPOSSIBLE}
"""Reasons that labels cannot always tell the scheduler: such nodes are named by `NodesAvailable` and `aiapp fit`."""


def stories() -> list[Story]:
    """A third of each kind, in turn."""
    each = [generated(kind, -(-FLEETS // len(KINDS))) for kind in KINDS]
    return [story for row in zip_longest(*each) for story in row if story is not None]


@pytest.mark.timeout(60 + FLEETS * 2)
def test_the_scheduler_binds_where_we_say_it_can_and_only_there(
    kube: Kube, namespace: str, record_property: Callable[[str, object], None]
) -> None:
    left, kinds, objections = iter(stories()), Counter[Kind](), list[str]()
    differences, number = Counter[Reason](), 0
    while some := list(islice(left, AT_ONCE)):
        with batch(kube, namespace, f"fleet-{number}", some) as trials:
            now = trials.judged()
            trials.release()
            once_free = trials.judged(all_free=True)
        objections += [said for one in now if (said := one.against(all_free=False))]
        objections += [said for one in once_free if (said := one.against(all_free=True))]
        kinds.update(kind_of(first.said, later.said) for first, later in zip(now, once_free, strict=True))
        differences.update(reason for one in once_free if (reason := difference(one)))
        number += 1
    record_property("kinds", str(kinds))
    record_property("known differences", str(differences))
    assert not objections, "\n".join(objections[:20])
    assert all(kinds[kind] >= SHARE * kinds.total() for kind in KINDS), kinds
    assert set(differences) <= KNOWN_DIFFERENCES, differences


def difference(found: Finding) -> Reason | None:
    """The reason against the node to which the scheduler sent the pod all the same, since no label can tell it."""
    return found.said.beyond.get(found.bound) if found.bound else None


def test_the_oracle_objects_when_any_check_is_dropped(
    kube: Kube, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaws = {check: flawed(check) for check in FLAWS}
    assert {flaw.split()[0] for flaw in flaws} == {check.__name__ for check in checks.CHECKS if check not in ALIKE}
    with batch(kube, namespace, "mutant", [story for some in flaws.values() for story in some]) as trials:
        found = trials.judged(all_free=True)
        assert not [said for one in found if (said := one.against(all_free=True))]
        for check in (one for one in checks.CHECKS if one not in ALIKE):
            monkeypatch.setattr(checks, "CHECKS", tuple(one for one in checks.CHECKS if one is not check))
            assert any(one.against(all_free=True) for one in trials.findings()), check.__name__
            monkeypatch.undo()
