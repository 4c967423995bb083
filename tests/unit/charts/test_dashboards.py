"""Every dashboard is one that Grafana reads as it is meant."""

import copy
from typing import Any

import pytest
from tests.support import grafana
from tests.support.monitoring import dashboards

DASHBOARDS = dashboards()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafana_knows_every_field_and_takes_every_value(name: str) -> None:
    assert grafana.faults(DASHBOARDS[name]) == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_its_panels_lie_side_by_side_and_have_numbers_of_their_own(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [cell for panel in panels for cell in _cells(panel["gridPos"])]
    assert len(set(taken)) == len(taken)
    assert {column for column, _ in taken} <= set(range(24))


def _cells(position: dict[str, int]) -> list[tuple[int, int]]:
    columns, rows = (range(position[at], position[at] + position[size]) for at, size in (("x", "w"), ("y", "h")))
    return [(column, row) for column in columns for row in rows]


def _first(dashboard: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(panel for panel in dashboard["panels"] if panel["type"] == kind)


def test_what_is_no_field_or_no_value_of_grafana_is_found() -> None:
    broken = copy.deepcopy(DASHBOARDS["operator.json"])
    stat = _first(broken, "stat")
    stat["options"] |= {"colourMode": "value", "textMode": "loud"}
    stat["targets"][0]["exp"] = stat["targets"][0].pop("expr")
    _first(broken, "timeseries")["gridPos"]["w"] = "twelve"
    found = "\n".join(grafana.faults(broken))
    assert len(found.splitlines()) == 4
    for fault in ("options/colourMode: no such", "'loud' is no", "targets/0/exp: no such", "'twelve' is no"):
        assert fault in found
