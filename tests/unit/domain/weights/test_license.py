"""The licence in the head of a model card."""

import pytest

from aiapp.domain.weights.license import stated_license


@pytest.mark.parametrize(
    ("card", "name"),
    [
        pytest.param("---\nlicense: apache-2.0\n---\n", "apache-2.0", id="plain"),
        pytest.param("---\r\nlicense: 'mit'\r\n---\r\n", "mit", id="quoted, with line ends of Windows"),
        pytest.param("---\nlicense: other\nlicense_name: tongyi-qianwen\n---\n", "tongyi-qianwen", id="one of its own"),
        pytest.param("---\nlicense: other\n---\n", "other", id="other"),
        pytest.param("---\ntags: [a]\n---\nlicense: mit\n", None, id="not in the head"),
        pytest.param("# Title\nlicense: mit\n", None, id="no head"),
        pytest.param("---\nlicense: mit\n", None, id="a head without end"),
        pytest.param("---\nlicense: a b <script>\n---\n", None, id="no identifier"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_head_of_the_card_states_it(card: str, name: str | None) -> None:
    assert stated_license(card.encode()) == name


def test_bytes_that_are_no_text_state_none() -> None:
    assert stated_license(b"---\n\xff\xfe\nlicense: mit\n---\n") == "mit"
    assert stated_license(b"\xff\xfe---") is None
