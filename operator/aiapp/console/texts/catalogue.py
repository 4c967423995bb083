"""The messages by key, in English and Chinese."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

import yaml

LANGUAGES: Final = ("en", "zh")
"""The first one is spoken to those who ask for none of them."""


class Texts:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._messages = messages(language)

    def __call__(self, key: str, **values: object) -> str:
        """The message of a key that the catalogue has, with the values in it. Text, not markup."""
        return self._messages[key].format_map(values)

    def has(self, key: str) -> bool:
        """Whether the catalogue has the key."""
        return key in self._messages

    def word(self, group: str, value: str | None) -> str:
        """A word of the API, such as a phase, in this language; as it is where the catalogue has none."""
        return self._messages.get(f"{group}.{value}", value or self._messages["none"])


@cache
def messages(language: str) -> Mapping[str, str]:
    """Every text of a language by its key."""
    found: Mapping[str, str] = yaml.safe_load(
        (resources.files("aiapp.console.texts") / f"{language}.yaml").read_text("utf-8")
    )
    return found


def language(chosen: str | None, accepted: str) -> str:
    """The one that was chosen, else the first of an Accept-Language header that is spoken."""
    if chosen in LANGUAGES:
        return chosen
    asked = _by_preference(accepted)
    return next((one for one in asked if one in LANGUAGES), LANGUAGES[0])


def _by_preference(accepted: str) -> Sequence[str]:
    ranges = [part.strip().partition(";") for part in accepted[:1000].split(",")]
    weighed = [(_quality(parameters), tag.strip().partition("-")[0].lower()) for tag, _, parameters in ranges]
    return [tag for _, tag in sorted(weighed, key=lambda one: -one[0])]


def _quality(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q="))
    except ValueError:
        return 1.0
