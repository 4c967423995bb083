"""ETags are compared alike by everybody."""

import pytest

from aiapp.s3.etags import contradicts, if_match_values, opaque


@pytest.mark.parametrize("written", ['"e1"', "e1", 'W/"e1"', ' "e1" '])
def test_quotes_and_the_mark_of_a_weak_one_do_not_count(written: str) -> None:
    assert opaque(written) == "e1"
    assert not contradicts(written, '"e1"')
    assert contradicts(written, "e2")


def test_an_answer_without_an_etag_contradicts_nothing() -> None:
    assert not contradicts(None, "e1")


def test_a_condition_is_quoted_first_and_bare_for_stores_that_insist() -> None:
    assert if_match_values('W/"e1"') == ('"e1"', "e1")
