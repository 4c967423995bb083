"""The table of docs/reference/bad-days.md, column fetch: what comes of each bad day of a store."""

import time
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS
from tests.support import bad_days
from tests.support.bad_days import Outcome, outcomes
from tests.support.fetching import PREFIX, Package, files_below
from tests.support.sandbox import Bucket

from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import s3_reader
from aiapp.fetch.run import fetch

TABLE = outcomes("fetch")


def test_the_table_has_every_bad_day_and_no_other() -> None:
    known = {*bad_days.RULES, *bad_days.CERTIFICATES, *bad_days.ENDPOINTS}
    assert set(TABLE) == known
    assert set(outcomes("import")) == known | bad_days.ELSEWHERE


@pytest.mark.parametrize(("name", "outcome"), TABLE.items(), ids=TABLE)
def test_a_fetch_on_a_bad_day(
    package: Package,
    target: Path,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    outcome: Outcome,
) -> None:
    monkeypatch.setattr(s3_reader, "ATTEMPTS", 4)

    def replace() -> None:
        bucket.client.put_object(Bucket=bucket.name, Key=f"{PREFIX}model.bin", Body=b"another")

    with bad_days.bad_day(name, bucket.endpoint, replace) as day:
        request = package.request(target, day.endpoint, day.ca_bundle)
        if outcome.reason is None:
            assert fetch(request, time.monotonic).content.digest == package.digest
            assert files_below(target) == CONTENTS
            return
        with pytest.raises(FetchError) as failed:
            fetch(request, time.monotonic)
    assert failed.value.reason.value == outcome.reason
    assert [word for word in outcome.words if word not in failed.value.message] == []
