"""The reference pages say all that the CRDs and enums say."""

import inspect
from enum import StrEnum

import pytest

from aiapp.api import conditions, crd, reference
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import RULES
from aiapp.api.schema import nodes

API = reference.api_page([crd.crd(kind) for kind in crd.KINDS])
CONDITIONS = reference.conditions_page()


@pytest.mark.parametrize("word", [*ConditionType, *Reason])
def test_every_condition_type_and_reason_is_explained_once(word: str) -> None:
    rows = [line for line in CONDITIONS.splitlines() if line.startswith(f'| <a id="{word.lower()}"></a>`{word}` |')]
    twice = word in {*ConditionType} and word in {*Reason}
    assert len(rows) == 1 + twice
    assert all(len(row.split("|")[2].strip()) > 10 for row in rows)


def test_reasons_are_grouped_as_in_the_source() -> None:
    heads = [line for line in CONDITIONS.splitlines() if line.startswith("## Reasons")]
    assert heads[0] == "## Reasons: progress and success"
    assert "## Reasons: nodes" in heads


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in crd.KINDS])
def test_every_field_and_every_rule_is_on_the_api_page(kind: crd.Kind) -> None:
    for path, node in nodes(crd.schema(kind)):
        last = path.rstrip("[]{}").rpartition(".")[2]
        if path.startswith((".spec.", ".status.")):
            assert f"| `{last}` |" in API, path
        for rule in node.get(RULES, []):
            assert rule["message"].replace("<", "&lt;") in API


def test_limits_defaults_and_choices_are_said() -> None:
    assert "Default `1200`. 180 to 7200." in API
    assert "One of `Enforce`, `Warn`." in API
    assert "| `version` | string, required |" in API


def test_a_member_without_a_text_beneath_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(StrEnum):
        WORD = "Word"

    source = "class Bare(StrEnum):\n    WORD = 'Word'\n"
    monkeypatch.setattr(inspect, "getsource", lambda module: source if module is conditions else "")
    with pytest.raises(ValueError, match="Bare, line 2: no docstring"):
        reference._members(Bare)
