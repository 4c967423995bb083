"""From pydantic's JSON schema to a structural one."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import ConfigDict, Field

from aiapp.api.meta import RULES, ApiModel, Matches, Quantity, rule, rules
from aiapp.api.schema import nodes, rebuilt, structural_schema


class Colour(StrEnum):
    RED = "Red"
    BLUE = "Blue"


class Part(ApiModel):
    """A part."""

    model_config = ConfigDict(json_schema_extra=rules(rule("has(self.size)", "size it")))

    size: Annotated[int, Field(ge=1, le=9)] = 3
    """How large,
    in metres."""


class Whole(ApiModel):
    """A whole."""

    part: Part
    """The one part."""
    spare: Part | None = None
    """Another part."""
    parts: Annotated[tuple[Part, ...], Field(max_length=4)] = ()
    """More parts."""
    colour: Colour = Colour.RED
    """Of the paint."""
    only: Literal["This"] = "This"
    """One choice."""
    amounts: Annotated[dict[str, Quantity], Field(max_length=2)] | None = None
    """By name."""
    word: Annotated[str, Field(max_length=5), Matches("[a-z]*", "lower case")] | None = None
    """Any word."""


SCHEMA = structural_schema(Whole)
FIELDS: dict[str, Any] = SCHEMA["properties"]


def test_references_are_inlined_and_the_fields_own_description_wins() -> None:
    assert FIELDS["part"]["description"] == "The one part."
    assert FIELDS["part"]["properties"]["size"]["maximum"] == 9
    assert FIELDS["part"][RULES][0]["message"] == "size it"


def test_an_optional_field_is_neither_required_nor_nullable() -> None:
    assert SCHEMA["required"] == ["part"]
    assert "default" not in FIELDS["spare"]
    assert not [path for path, node in nodes(SCHEMA) if "nullable" in node or "anyOf" in node]


def test_a_default_is_kept_where_it_is_one_value() -> None:
    assert FIELDS["part"]["properties"]["size"]["default"] == 3
    assert FIELDS["colour"]["default"] == "Red"
    assert "default" not in FIELDS["parts"]


def test_one_choice_and_an_enum_are_both_lists_of_values() -> None:
    assert FIELDS["only"]["enum"] == ["This"]
    assert FIELDS["colour"]["enum"] == ["Red", "Blue"]


def test_a_quantity_is_a_number_or_a_text() -> None:
    quantity = FIELDS["amounts"]["additionalProperties"]
    assert quantity["x-kubernetes-int-or-string"] is True
    assert quantity["maxLength"] == 32
    assert "anyOf" not in quantity


def test_a_description_is_one_line() -> None:
    assert FIELDS["part"]["properties"]["size"]["description"] == "How large, in metres."


def test_the_rules_of_a_type_and_of_its_field_both_hold() -> None:
    class Ruled(ApiModel):
        part: Annotated[Part, Field(json_schema_extra=rules(rule("self.size > 1", "larger")))]
        """Ruled twice."""

    messages = [each["message"] for each in structural_schema(Ruled)["properties"]["part"][RULES]]
    assert messages == ["size it", "larger"]


def test_a_keyword_without_a_place_in_a_structural_schema_is_an_error() -> None:
    class Odd(ApiModel):
        value: Annotated[int, Field(multiple_of=2)]

    with pytest.raises(ValueError, match="multipleOf"):
        structural_schema(Odd)


def test_nodes_are_named_by_their_path() -> None:
    paths = {path for path, _ in nodes(SCHEMA)}
    assert {"", ".part.size", ".parts[].size", ".amounts{}"} <= paths


def test_a_change_reaches_every_node_but_no_name_of_a_field() -> None:
    class Named(ApiModel):
        description: str = "x"
        """A field of that name."""

    changed = rebuilt(
        structural_schema(Named), lambda node: {key: node[key] for key in node if key not in {"description", "default"}}
    )
    assert changed["properties"] == {"description": {"type": "string"}}
