"""What an administrator adds to the shipped facts."""

import pytest
from tests.support.fleet import TABLES, node

from aiapp.domain.nodes.cann import window
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.overlay import overlaid
from aiapp.domain.nodes.tables import TablesError


def test_nothing_said_changes_nothing() -> None:
    assert overlaid(TABLES, "") == TABLES


def test_a_key_of_the_site_comes_before_the_shipped_ones() -> None:
    tables = overlaid(TABLES, "labels: {driver: [site/npu-driver]}")
    labels = {"site/npu-driver": "25.5.0", "huawei.com/driver.version": "24.1.0"}
    assert facts(node(labels=labels), tables).kind.driver == "25.5.0"
    assert facts(node(labels={"huawei.com/driver.version": "24.1.0"}), tables).kind.driver == "24.1.0"


def test_a_shipped_key_that_means_something_else_is_ignored() -> None:
    tables = overlaid(TABLES, "ignored_labels: [accelerator-type]")
    assert facts(node(labels={"accelerator-type": "module"}), tables).kind.chips == frozenset()


def test_a_family_gets_other_names_and_resources() -> None:
    tables = overlaid(TABLES, "chips: [{id: Ascend910B, names: [b3], resources: [example.com/npu]}]")
    assert facts(node(resources={"example.com/npu": 8}), tables).kind.family == "Ascend910B"
    assert facts(node(labels={"huawei.com/npu.chip.name": "b3"}), tables).kind.family == "Ascend910B"
    assert facts(node(labels={"huawei.com/npu.chip.name": "910B3"}), tables).kind.family == "Ascend910B"


def test_a_new_family_is_known_from_then_on() -> None:
    tables = overlaid(TABLES, "chips: [{id: Ascend960, names: [Ascend960], resources: [huawei.com/npu960]}]")
    assert facts(node(resources={"huawei.com/npu960": 8}), tables).kind.family == "Ascend960"


def test_rows_replace_shipped_ones_of_their_version() -> None:
    tables = overlaid(TABLES, "cann: [{version: 8.3.RC1, driver: 25.2.0, basis: official, verified: 26.1.0}]")
    assert window("8.3.RC1", "25.2.0", TABLES).verdict == "Unknown"
    assert window("8.3.RC1", "25.2.0", tables).verdict == "Compatible"
    assert window("8.3.RC1", "25.0.0", tables).verdict == "Incompatible"
    assert len(tables.cann) == len(TABLES.cann)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("labelz: {chip: [a]}", r"^labelz: unknown key: did you mean labels\?$", id="a misspelt key"),
        pytest.param(
            "labels: {chips: [a]}", r"^labels.chips: unknown key: did you mean chip\?$", id="a misspelt key below"
        ),
        pytest.param(
            "chips: [{id: A, counts: {alowed: [1]}}]",
            r"^chips.0.counts.alowed: .* did you mean allowed\?$",
            id="far below",
        ),
        pytest.param("cann: [{verzion: 1, driver: 1, basis: paired}]", "did you mean version", id="in a row"),
        pytest.param("zzz: 1", "^zzz: unknown key$", id="a word that looks like none"),
        pytest.param("cann: [{version: 9.9.0}]", "cann.0.driver: is missing", id="a row that lacks something"),
        pytest.param("labels: [a]", "^labels: must be a map of keys and values$", id="a list for a map"),
        pytest.param("- a\n- b\n", "^it: must be a map of keys and values$", id="a list"),
        pytest.param("labels: [", "not YAML", id="no YAML"),
        pytest.param("x: !!python/object/apply:os.system [true]", "not YAML", id="code"),
    ],
)
def test_a_mistake_names_its_place(text: str, place: str) -> None:
    with pytest.raises(TablesError, match=place):
        overlaid(TABLES, text)
