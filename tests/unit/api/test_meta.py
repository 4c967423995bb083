"""The building blocks of the models: rules with a message, and what the models accept offline."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from aiapp.api.meta import RULES, Description, DisplayName, Matches
from aiapp.api.source import ObsSource
from aiapp.api.version import AIApplicationVersion, VersionString

LOWER = Annotated[str, Matches("[a-z]+", "lower-case letters only")]


def test_a_text_that_does_not_match_is_refused_with_the_message_not_the_pattern() -> None:
    with pytest.raises(ValidationError, match="lower-case letters only"):
        TypeAdapter(LOWER).validate_python("aB")


def test_a_trailing_newline_does_not_slip_through() -> None:
    with pytest.raises(ValidationError, match="lower-case letters only"):
        TypeAdapter(LOWER).validate_python("ab\n")


def test_the_same_pattern_becomes_a_rule_of_the_whole_text() -> None:
    rules = TypeAdapter(LOWER).json_schema()[RULES]
    assert rules == [
        {"rule": 'self.matches("^(?:[a-z]+)$")', "message": "lower-case letters only", "reason": "FieldValueInvalid"}
    ]


def test_two_patterns_of_one_text_become_two_rules() -> None:
    rules = TypeAdapter(Annotated[LOWER, Matches("[^x]*", "no x")]).json_schema()[RULES]
    assert [rule["message"] for rule in rules] == ["lower-case letters only", "no x"]


@pytest.mark.parametrize("version", ["0.0.1", "1.0.0", "99.99.99", "10.2.30"])
def test_a_version_of_three_numbers_is_accepted(version: str) -> None:
    assert TypeAdapter(VersionString).validate_python(version) == version


@pytest.mark.parametrize(
    "version", ["1.0", "1.0.0.0", "01.0.0", "1.0.100", "v1.0.0", "1.0.x", "1.0.0 ", "\u0661.0.0", ""]
)
def test_anything_else_is_no_version(version: str) -> None:
    with pytest.raises(ValidationError, match="three numbers from 0 to 99"):
        TypeAdapter(VersionString).validate_python(version)


@pytest.mark.parametrize("character", list("&!'\"<>="))
def test_a_description_has_none_of_the_refused_characters(character: str) -> None:
    with pytest.raises(ValidationError, match="none of"):
        TypeAdapter(Description).validate_python(f"digits {character} letters")


def test_a_name_as_the_platform_allows_it_is_a_display_name() -> None:
    assert TypeAdapter(DisplayName).validate_python("Digits_CNN-2") == "Digits_CNN-2"


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("s3://models/mnist/a b/", id="a space"),
        pytest.param("https://models.obs.example.com/mnist/", id="another scheme"),
        pytest.param("obs://Models/mnist/", id="an upper-case bucket"),
        pytest.param("obs:///mnist/", id="no bucket"),
    ],
)
def test_a_uri_is_refused_for(uri: str) -> None:
    with pytest.raises(ValidationError):
        ObsSource.model_validate({"uri": uri})


def test_unknown_fields_of_a_newer_object_are_ignored_and_models_are_frozen() -> None:
    version = AIApplicationVersion.model_validate(
        {
            "apiVersion": "aiapp.dev/v1alpha1",
            "spec": {"application": "mnist", "version": "1.0.0", "source": {"obs": {"uri": "obs://b3s/x/", "new": 1}}},
        }
    )
    assert version.spec.source.obs == ObsSource(uri="obs://b3s/x/")
    with pytest.raises(ValidationError, match="frozen"):
        version.spec.version = "1.0.1"  # type: ignore[misc]
