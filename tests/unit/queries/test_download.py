"""What can be downloaded, by whose rights, and what is said of the rest."""

from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.records import NORMAL, stored
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.artifact.manifest_config_map import manifest_objects, manifest_reference
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, SECRETS, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.download import Downloadable, StoreOverride, downloadable
from aiapp.queries.errors import QueryError

MANIFEST: Final = composed([Entry("config.json", 2, "e1"), Entry("model.pkl", 7, "e2")])
DIGEST: Final = f"sha256:{'d1' * 32}"
PACKAGE: Final = NORMAL["artifact"] | {  # type: ignore[operator]
    "pin": MANIFEST.pin,
    "digest": DIGEST,
    "manifestRef": manifest_reference(MANIFEST).model_dump(by_alias=True, exclude_none=True),
}
KEYS: Final = {
    "metadata": {"name": "store"},
    "data": {"accessKeyId": "YQ==", "secretAccessKey": "Yg=="},
}


class Guarded(UserObjects):
    """What is denied may not be read either."""

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        if ("get", resource.plural) in self.denied:
            raise ApiError(403, "Forbidden", f"{resource.plural} {name!r} is forbidden")
        return await super().get(resource, namespace, name)


async def asked(
    other: StoreOverride | None = None, denied: str | None = None, secret: Json = KEYS, **status: Any
) -> Downloadable:
    """Of a version at obs://models/, whose Secret is `store`."""
    version = documents.changed(documents.version(), spec__source__obs__credentialsSecretRef={"name": "store"})
    raw = stored(version, status={**NORMAL, "artifact": PACKAGE, **status})
    held = {VERSIONS: [raw], CONFIG_MAPS: manifest_objects(MANIFEST), SECRETS: [secret]}
    cluster = UserCluster(Guarded(held, denied=frozenset({("get", denied)} if denied else ())), "team")
    return await downloadable(cluster, "mnist-1.0.0", other or StoreOverride())


async def test_the_manifest_the_digest_and_the_keys_come_from_the_cluster() -> None:
    found = await asked()
    assert found.package.manifest.pin == MANIFEST.pin
    assert found.package.content is not None
    assert found.package.content.digest == DIGEST
    assert found.store.credentials is not None
    assert (found.store.where.uri, found.store.credentials.access_key_id) == (NORMAL["source"]["uri"], "a")  # type: ignore[index]


async def test_a_missing_right_is_named_and_own_keys_do_without_it() -> None:
    with pytest.raises(QueryError, match=r"you may not read Secret store.* --credentials"):
        await asked(denied="secrets")
    found = await asked(StoreOverride(own_keys=True), denied="secrets")
    assert found.store.credentials is None
    with pytest.raises(ApiError, match="configmaps"):
        await asked(denied="configmaps")


async def test_keys_that_are_for_another_store_do_not_go_elsewhere() -> None:
    bound = KEYS | {"metadata": {"name": "store", "annotations": {"aiapp.dev/allowed-endpoints": "obs.example.com"}}}
    with pytest.raises(QueryError, match=r"Secret store is not for elsewhere\.example\.com"):
        await asked(StoreOverride(endpoint="https://elsewhere.example.com"), secret=bound)


async def test_an_image_is_pulled_by_its_digest_and_not_downloaded() -> None:
    image = f"r/mnist@{DIGEST}"
    with pytest.raises(QueryError, match=f"docker pull {image}"):
        await asked(artifact={"type": "Image", "image": image, "bytes": 1, "size": "1 B"})


async def test_what_is_not_pinned_or_a_model_of_exeml_is_refused() -> None:
    with pytest.raises(QueryError, match="is not pinned yet"):
        await asked(artifact=None)
    with pytest.raises(QueryError, match="is a model of ExeML"):
        await asked(source={"type": "TrainingJob", "origin": "ExeML"})
