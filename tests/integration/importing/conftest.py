"""The importer's parts on a real S3 server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
from tests.support.sandbox import Bucket
from tests.support.stores import LOCAL

from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection
from aiapp.reconcile.sources.importing import inspect

Upload = Callable[[Mapping[str, bytes]], None]
Inspect = Callable[..., Awaitable[Inspection]]


@pytest.fixture
async def store() -> AsyncIterator[S3Store]:
    made = S3Store(StoreSettings(allow_http=True, connect_seconds=1, read_seconds=2, max_objects=50, policy=LOCAL))
    yield made
    await made.close()


@pytest.fixture
async def parser() -> AsyncIterator[IsolatedParser]:
    made = IsolatedParser()
    yield made
    await made.close()


@pytest.fixture
def credentials(bucket: Bucket) -> Credentials:
    return Credentials(bucket.access_key, bucket.secret_key)


@pytest.fixture
def upload(bucket: Bucket) -> Upload:
    """Puts files below `mnist/` of the bucket."""

    def put(files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            bucket.client.put_object(Bucket=bucket.name, Key=f"mnist/{path}", Body=content)

    return put


@pytest.fixture
def look(bucket: Bucket, store: S3Store, parser: IsolatedParser, credentials: Credentials) -> Inspect:
    """Inspects `mnist/` of the bucket; fields of the source may be given."""

    async def inspected(known_listing: str | None = None, **fields: object) -> Inspection:
        given = {"uri": f"obs://{bucket.name}/mnist", "endpoint": bucket.endpoint, **fields}
        return await inspect(location(ObsSource.model_validate(given)), credentials, store, parser, known_listing)

    return inspected
