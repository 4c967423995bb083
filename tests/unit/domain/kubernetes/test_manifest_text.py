"""What is written for kubectl is read by kubectl as it was."""

import re
from typing import Any, Final

import pytest
import yaml

from aiapp.domain.kubernetes.manifest_text import Reader, as_yaml

NUMBERS: Final = ("1e-3", "-1e-5", "1E5", "+1e3", ".1e3", "12e03", "08", "0o17")
OTHER_TO_KUBECTL: Final = (*NUMBERS, "y", "n", "Y", "N", "0X1F", "0B1")
"""Seen: `kubectl create` takes these for numbers and truth values where they stand without quotes."""


@pytest.mark.parametrize("word", OTHER_TO_KUBECTL)
def test_a_text_that_kubectl_would_take_for_something_else_stands_in_quotes(word: str) -> None:
    written = as_yaml({"args": [word], word: 1})
    assert re.findall(r"'(.*?)'", written) == [word, word]
    assert yaml.load(written, Reader) == {"args": [word], word: 1}


@pytest.mark.parametrize("word", [*NUMBERS, "y", "N"])
def test_without_quotes_such_a_word_is_read_as_kubectl_reads_it(word: str) -> None:
    assert not isinstance(yaml.load(word, Reader), str)


@pytest.mark.parametrize("value", ["1.0.0", "2026-03-02", "v1", "yes", "1e", "e3", "1:30", 0.00001, 7, True, None, "7"])
def test_everything_else_is_written_as_ever(value: Any) -> None:
    assert as_yaml({"a": value}) == yaml.safe_dump({"a": value})
