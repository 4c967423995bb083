"""The table of docs/reference/bad-days.md, column import: what comes of each bad day of a store."""

import pytest
from tests.integration.importing.conftest import Upload
from tests.integration.importing.test_inspect import PACKAGE
from tests.support import bad_days
from tests.support.bad_days import Outcome, outcomes
from tests.support.sandbox import Bucket

from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Unresolved, Valid
from aiapp.reconcile.sources.importing import inspect

TABLE = {name: outcome for name, outcome in outcomes("import").items() if name not in bad_days.ELSEWHERE}


@pytest.mark.parametrize("row", TABLE.items(), ids=TABLE)
async def test_an_import_on_a_bad_day(
    store: S3Store,
    parser: IsolatedParser,
    credentials: Credentials,
    upload: Upload,
    bucket: Bucket,
    row: tuple[str, Outcome],
) -> None:
    upload(PACKAGE)
    name, outcome = row
    config = PACKAGE["model/config.json"]
    with bad_days.bad_day(name, bucket.endpoint, lambda: upload({"model/config.json": config + b"\n"})) as day:
        trusted = day.ca_bundle.decode() if day.ca_bundle else None
        where = Location(bucket.name, "mnist/", day.endpoint, addressing="Path", authorities=trusted)
        found = await inspect(where, credentials, store, parser, None)
    if outcome.reason is None:
        assert isinstance(found, Valid), found
        return
    assert isinstance(found, Unresolved), found
    assert found.reason.value == outcome.reason, found
    assert [word for word in outcome.words if word not in found.message] == [], found
