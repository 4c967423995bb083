"""When an endpoint wants to be asked again, whatever it writes."""

import pytest

from aiapp.endpoints.retry_after import MAX_SECONDS, retry_after

NOW, LATER = "Mon, 02 Nov 2026 10:00:00 GMT", "Mon, 02 Nov 2026 10:00:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, 0, id="it does not say"),
        pytest.param({"retry-after": "120"}, 120, id="seconds"),
        pytest.param({"retry-after": " 7 "}, 7, id="blanks"),
        pytest.param({"retry-after": LATER, "date": NOW}, 30, id="a date"),
        pytest.param({"retry-after": NOW, "date": LATER}, 0, id="a date that is over"),
        pytest.param({"retry-after": LATER}, 0, id="a date without the present one"),
        pytest.param({"retry-after": "9" * 400}, MAX_SECONDS, id="for ever"),
        pytest.param({"retry-after": "-5"}, 0, id="less than nothing"),
        pytest.param({"retry-after": "٣"}, 0, id="digits of another script"),
        pytest.param({"retry-after": "soon"}, 0, id="a word"),
    ],
)
def test_it_says_in_seconds_or_by_a_date(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers) == seconds
