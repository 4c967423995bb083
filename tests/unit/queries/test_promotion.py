"""A version for another place, or why there is none."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import NORMAL, stored
from tests.unit.queries.test_fit import cluster

from aiapp.domain.version.promotion import Destination
from aiapp.queries.errors import QueryError
from aiapp.queries.promotion import InvalidDestinationError, Promotion, promotion

DIGEST = f"sha256:{'d1' * 32}"


async def promoted(destination: Destination, **artifact: Any) -> Promotion:
    status = NORMAL | {"artifact": NORMAL["artifact"] | artifact}  # type: ignore[operator]
    needing = changed(documents.version(), spec__source__obs__credentialsSecretRef={"name": "store"})
    return await promotion(cluster(versions=[stored(needing, status=status)]), "mnist-1.0.0", destination)


async def test_what_has_to_exist_there_is_noted() -> None:
    found = await promoted(Destination(namespace="prod"), digest=DIGEST, digestFrom="Fetch")
    assert found.manifest["spec"]["source"]["obs"]["digest"] == DIGEST
    assert found.notes == ("must exist in prod: Secret store",)


async def test_a_version_whose_content_is_not_known_cannot_be_promoted() -> None:
    with pytest.raises(QueryError, match="digest"):
        await promoted(Destination())


async def test_a_destination_that_the_api_server_would_refuse_is_refused() -> None:
    with pytest.raises(InvalidDestinationError, match="obs://"):
        await promoted(Destination(uri="file:///x"), digest=DIGEST, digestFrom="Fetch")
