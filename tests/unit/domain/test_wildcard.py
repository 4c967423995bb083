"""What an asterisk stands for."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.wildcard import covers


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_it_means_what_a_shell_means(pattern: str, text: str) -> None:
    assert covers(pattern, text) == fnmatchcase(text, pattern)


def test_nothing_else_stands_for_anything() -> None:
    assert covers("[a]?*", "[a]?b")
    assert not covers("[a]*", "a")
    assert not covers("?*", "a")
