"""Label selectors, as kubectl reads them."""

import pytest

from aiapp.domain.kubernetes.label_selector import SelectorError, selector

LABELS = {"team": "vision", "tier": "", "aiapp.dev/stage": "test"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "team=vision",
        "team==vision",
        "team = vision , tier=",
        "team!=speech",
        "absent!=x",
        "team in (speech, vision)",
        "team notin (speech,text),aiapp.dev/stage=test",
        "absent notin (a)",
        "team",
        "!absent",
    ],
)
def test_an_object_with_these_labels_is_selected(text: str) -> None:
    assert selector(text)(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "team=speech",
        "absent=",
        "team!=vision",
        "team in (a,b)",
        "team notin (vision)",
        "absent",
        "!team",
        "team,absent",
    ],
)
def test_another_one_is_not(text: str) -> None:
    assert not selector(text)(LABELS)


@pytest.mark.parametrize("text", ["=x", "team=a b", "team in", "team in (a", "team>3", "a=b,,c", "team=x;y"])
def test_what_is_none_is_named(text: str) -> None:
    with pytest.raises(SelectorError, match="is none; write key=value"):
        selector(text)
