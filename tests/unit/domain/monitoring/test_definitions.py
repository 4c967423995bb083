"""The definitions follow Prometheus' rules."""

import pytest

from aiapp.domain.monitoring.definitions import GROUPS, LABELS, Definition

ALL = [definition for group in GROUPS.values() for definition in group]


@pytest.mark.parametrize("definition", ALL, ids=lambda one: str(one.name))
def test_a_name_ends_as_its_kind_and_unit_ask_for(definition: Definition) -> None:
    assert (definition.kind == "counter") == definition.name.endswith("_total")
    assert (definition.kind == "histogram") == bool(definition.buckets)
    assert definition.kind != "histogram" or definition.name.endswith("_seconds")
    assert definition.meaning.endswith(".")


def test_no_name_is_given_twice() -> None:
    assert len({definition.name for definition in ALL}) == len(ALL)


def test_exactly_the_labels_that_are_used_are_explained() -> None:
    assert {label for definition in ALL for label in definition.labels} == set(LABELS)
