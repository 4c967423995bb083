"""Whether a Secret is given to the endpoint that a version names."""

from base64 import b64encode
from typing import Any, Final

import pytest
from tests.support.world import FakeCluster

from aiapp.api.conditions import Reason
from aiapp.api.meta import LocalReference
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.allowed_endpoints import ALLOWED_ENDPOINTS
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.sources.access import AccessError, access, require_allowed

SOURCE: Final = ObsSource(
    uri="obs://models/mnist/", endpoint="https://evil.example.com", credentials_secret_ref=LocalReference(name="store")
)


def namespace(**annotations: str) -> StoredCluster:
    """One with a Secret."""
    ours = FakeCluster()
    data = {"accessKeyId": b64encode(b"id").decode(), "secretAccessKey": b64encode(b"key").decode()}
    metadata = {"name": "store", "namespace": "team", "annotations": annotations}
    ours.api.hold({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}, "uid")
    return ours.cluster


async def test_a_secret_without_the_annotation_is_for_any_endpoint() -> None:
    way = await access(SOURCE, "team", namespace())
    assert way.credentials is not None
    await require_allowed(SOURCE, "team", namespace())


@pytest.mark.parametrize("of", [access, require_allowed])
async def test_a_secret_that_is_for_other_endpoints_is_not_given(of: Any) -> None:
    ours = namespace(**{ALLOWED_ENDPOINTS: "https://obs.example.com"})
    with pytest.raises(AccessError) as denied:
        await of(SOURCE, "team", ours)
    assert denied.value.reason is Reason.CREDENTIALS_DENIED
    assert denied.value.message == (
        "Secret store is not for evil.example.com: its annotation aiapp.dev/allowed-endpoints names other endpoints"
    )
    assert "obs.example.com" not in denied.value.message
    await of(SOURCE.model_copy(update={"endpoint": "https://obs.example.com"}), "team", ours)


async def test_the_store_of_a_region_counts_by_its_host() -> None:
    ours = namespace(**{ALLOWED_ENDPOINTS: "s3.eu-central-1.amazonaws.com"})
    region = SOURCE.model_copy(update={"endpoint": None, "region": "eu-central-1"})
    await access(region, "team", ours)
    with pytest.raises(AccessError):
        await access(region.model_copy(update={"region": "us-east-1"}), "team", ours)
