"""What the console says, in both languages."""

import re
from pathlib import Path

import pytest
from tests.support.pages import ROOT

from aiapp.console.texts.catalogue import LANGUAGES, Texts, language, messages

CONSOLE = ROOT / "operator/aiapp/console"
KEY = re.compile(r'\bt\("([a-z_.0-9]+)"[,)]')
IN_CODE = re.compile(r'"((?:error|login|action|done)\.[a-z_.0-9]+)"')
PLACE = re.compile(r"{(\w+)}")


def used(pattern: re.Pattern[str], files: str) -> set[str]:
    return {key for path in CONSOLE.rglob(files) for key in pattern.findall(Path(path).read_text("utf-8"))}


def test_both_languages_have_the_same_messages() -> None:
    english, chinese = (messages(one) for one in LANGUAGES)
    assert set(english) == set(chinese)
    assert {key: set(PLACE.findall(text)) for key, text in english.items()} == {
        key: set(PLACE.findall(text)) for key, text in chinese.items()
    }


def test_whatever_a_page_says_is_in_the_catalogue() -> None:
    known = set(messages("en"))
    assert used(KEY, "*.html") - known == set()
    assert {key for key in used(IN_CODE, "*.py") if not key.endswith(".html")} - known == set()


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "de;q=0.9, en;q=0.2, zh;q=0.5", "zh"),
        (None, "de", "en"),
        ("zh", "en", "zh"),
        ("tlh", "zh", "zh"),
        (None, "zh;q=x,,;;", "zh"),
    ],
)
def test_the_language_is_the_one_that_was_chosen_or_else_asked_for(
    chosen: str | None, accepted: str, spoken: str
) -> None:
    assert language(chosen, accepted) == spoken


def test_a_word_that_is_not_in_the_catalogue_is_shown_as_it_is() -> None:
    assert Texts("zh").word("phase", "Normal") == "正常"
    assert Texts("zh").word("phase", "Newfangled") == "Newfangled"
    assert Texts("en").word("phase", None) == "-"
