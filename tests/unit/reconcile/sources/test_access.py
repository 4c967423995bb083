"""Whether a Secret is given to the endpoint that a version names."""

from base64 import b64encode
from typing import Any, Final

import pytest
from tests.support.fake_api import FakeApi

from aiapp.api.conditions import Reason
from aiapp.api.meta import LocalReference
from aiapp.api.source import ObsSource
from aiapp.domain.kubernetes.resources import SECRETS, Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.objectstore.allowed_endpoints import ALLOWED_ENDPOINTS
from aiapp.ports import NotFoundError
from aiapp.reconcile.sources.access import AccessError, access, require_allowed

SOURCE: Final = ObsSource(
    uri="obs://models/mnist/", endpoint="https://evil.example.com", credentials_secret_ref=LocalReference(name="store")
)


class Namespace:
    """One namespace with one Secret, as `access` asks for it."""

    def __init__(self, **annotations: str) -> None:
        self.api = FakeApi()
        data = {"accessKeyId": b64encode(b"id").decode(), "secretAccessKey": b64encode(b"key").decode()}
        metadata = {"name": "store", "namespace": "team", "annotations": annotations}
        self.api.hold({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}, "uid")

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        try:
            return await self.api.get(resource, namespace, name)
        except NotFoundError:
            return None

    async def secret(self, namespace: str, name: str) -> Secret | None:
        found = await self.get(SECRETS, namespace, name)
        return None if found is None else Secret.of(found)


async def test_a_secret_without_the_annotation_is_for_any_endpoint() -> None:
    way = await access(SOURCE, "team", Namespace())
    assert way.credentials is not None
    await require_allowed(SOURCE, "team", Namespace())


@pytest.mark.parametrize("of", [access, require_allowed])
async def test_a_secret_that_is_for_other_endpoints_is_not_given(of: Any) -> None:
    ours = Namespace(**{ALLOWED_ENDPOINTS: "https://obs.example.com"})
    with pytest.raises(AccessError) as denied:
        await of(SOURCE, "team", ours)
    assert denied.value.reason is Reason.CREDENTIALS_DENIED
    assert denied.value.message == (
        "Secret store is not for evil.example.com: its annotation aiapp.dev/allowed-endpoints names other endpoints"
    )
    assert "obs.example.com" not in denied.value.message
    await of(SOURCE.model_copy(update={"endpoint": "https://obs.example.com"}), "team", ours)


async def test_the_store_of_a_region_counts_by_its_host() -> None:
    ours = Namespace(**{ALLOWED_ENDPOINTS: "s3.eu-central-1.amazonaws.com"})
    region = SOURCE.model_copy(update={"endpoint": None, "region": "eu-central-1"})
    await access(region, "team", ours)
    with pytest.raises(AccessError):
        await access(region.model_copy(update={"region": "us-east-1"}), "team", ours)
