"""Alternatives in a schema that knows none."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict

from aiapp.api.artifact import ImageArtifact, PackageArtifact
from aiapp.api.meta import REQUIRED, RULES, ApiModel, rules, unchanged
from aiapp.api.schema import structural_schema
from aiapp.api.union import ByType
from aiapp.api.version import VersionStatus


class Circle(ApiModel):
    """Round."""

    model_config = ConfigDict(json_schema_extra=rules(unchanged("radius")))

    type: Literal["Circle"] = "Circle"
    """`Circle`: round."""
    radius: int
    """Of the circle."""
    colour: str | None = None
    """Of its line."""


class Square(ApiModel):
    """With corners."""

    type: Literal["Square"]
    """`Square`: with corners."""
    side: int
    """Of the square."""


class Drawing(ApiModel):
    """Both are offered."""

    shape: Annotated[Circle | Square, ByType(default="Circle", offered=(Circle, Square))] | None = None
    """Any shape."""


class Coins(ApiModel):
    """One is offered; the other is read all the same."""

    shape: Annotated[Circle | Square, ByType(default="Circle", offered=(Circle,))] | None = None
    """Round for now."""


SHAPE: Final[dict[str, Any]] = structural_schema(Drawing)["properties"]["shape"]
REQUIRED_RULES: Final = [
    "has(self.type) && self.type != 'Circle' || has(self.radius)",
    "!has(self.type) || self.type != 'Square' || has(self.side)",
]


def test_the_fields_of_all_stand_side_by_side_and_none_is_required() -> None:
    assert set(SHAPE["properties"]) == {"type", "radius", "colour", "side"}
    assert "required" not in SHAPE


def test_the_type_tells_them_apart() -> None:
    assert SHAPE["properties"]["type"] == {
        "type": "string",
        "enum": ["Circle", "Square"],
        "default": "Circle",
        "description": "`Circle`: round. `Square`: with corners.",
    }


def test_what_a_model_requires_is_required_where_its_type_is_set_or_is_the_default() -> None:
    assert [rule["rule"] for rule in SHAPE[RULES] if rule["reason"] == REQUIRED] == REQUIRED_RULES


def test_the_rules_of_each_go_on() -> None:
    assert unchanged("radius") in SHAPE[RULES]


def test_what_is_not_offered_is_not_in_the_schema_but_is_read() -> None:
    schema = structural_schema(Coins)["properties"]["shape"]
    assert set(schema["properties"]) == {"type", "radius", "colour"}
    assert schema["properties"]["type"]["enum"] == ["Circle"]
    assert Coins.model_validate({"shape": {"type": "Square", "side": 2}}).shape == Square(type="Square", side=2)


PACKAGE: Final = {
    "pin": f"sha256:{'4b' * 32}",
    "objects": 1,
    "bytes": 1,
    "size": "1 B",
    "manifestRef": {"name": "m"},
    "verification": "ETag",
}


def test_an_artifact_without_a_type_is_a_package() -> None:
    found = VersionStatus.model_validate({"artifact": PACKAGE}).artifact
    assert isinstance(found, PackageArtifact)
    assert found.model_dump()["type"] == "Package"


def test_an_artifact_is_read_as_what_its_type_says() -> None:
    found = VersionStatus.model_validate(
        {"artifact": {"type": "Image", "image": "r/m@sha256:1", "bytes": 1, "size": "1 B"}}
    ).artifact
    assert found == ImageArtifact(type="Image", image="r/m@sha256:1", bytes=1, size="1 B")
