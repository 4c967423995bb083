"""The details pages, over an API server in memory."""

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import NORMAL, fresh_version, image_version, stored
from tests.support.user_api import UserObjects

from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.digest_config_map import KnownContent, digest_object
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.artifact.manifest_config_map import manifest_objects
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS, Json
from aiapp.queries.cluster import UserCluster
from aiapp.queries.details import files, of_application, of_version
from aiapp.queries.errors import QueryError
from aiapp.queries.plain import plain

ENTRIES = (Entry("config.json", 3, "e1"), Entry("model.pkl", 5, "e2", "v7"))
MANIFEST = composed(ENTRIES)
HASHES = {"config.json": "aa" * 32, "model.pkl": "bb" * 32}
DIGEST = digest_object(MANIFEST.pin, KnownContent(content(ENTRIES, HASHES), "Fetch"))


def cluster(
    *config_maps: Json, versions: list[Json] | None = None, applications: list[Json] | None = None
) -> UserCluster:
    held = {VERSIONS: versions or [], APPLICATIONS: applications or [], CONFIG_MAPS: list(config_maps)}
    return UserCluster(UserObjects(held), "team")


def pinned() -> Json:
    artifact = NORMAL["artifact"] | {  # type: ignore[operator]
        "pin": MANIFEST.pin,
        "objects": 2,
        "manifestRef": {"name": manifest_objects(MANIFEST)[0]["metadata"]["name"]},
    }
    return stored(documents.version(), status=NORMAL | {"artifact": artifact})


async def test_the_files_of_a_version_come_with_sizes_and_digests() -> None:
    found = await files(cluster(*manifest_objects(MANIFEST), DIGEST, versions=[pinned()]), "mnist-1.0.0")
    assert [(one.path, one.size, one.etag, one.version_id) for one in found] == [
        ("config.json", 3, "e1", None),
        ("model.pkl", 5, "e2", "v7"),
    ]
    assert [one.sha256 for one in found] == ["aa" * 32, "bb" * 32]
    unhashed = await files(cluster(*manifest_objects(MANIFEST), versions=[pinned()]), "mnist-1.0.0")
    assert [one.sha256 for one in unhashed] == [None, None]


async def test_what_has_no_files_says_why() -> None:
    with pytest.raises(QueryError, match=r"mnist-1\.0\.0 is not pinned yet"):
        await files(cluster(versions=[fresh_version().raw]), "mnist-1.0.0")
    with pytest.raises(QueryError, match="is a container image"):
        await files(cluster(versions=[image_version().raw]), "mnist-1.0.0")


async def test_a_page_is_a_plain_document() -> None:
    served = stored(documents.application())
    page = plain(await of_version(cluster(versions=[pinned()], applications=[served]), "mnist-1.0.0"))
    assert page["overview"]["displayName"] is None
    assert page["overview"]["created"] == "2026-01-02T03:04:05Z"
    assert page["services"][0]["application"] == "mnist"
    application = plain(await of_application(cluster(versions=[pinned()], applications=[served]), "mnist"))
    assert [one["name"] for one in application["versions"]] == ["mnist-1.0.0"]


async def test_what_does_not_exist_or_breaks_a_rule_is_named() -> None:
    with pytest.raises(QueryError, match=r"has no version mnist-1\.0\.0"):
        await of_version(cluster(), "mnist-1.0.0")
    with pytest.raises(QueryError, match="namespace team has no application mnist"):
        await of_application(cluster(), "mnist")
    broken = stored(changed(documents.version(), spec__version="x"))
    told = r"AIApplicationVersion mnist-1\.0\.0 breaks a rule of the API, .* newer release .*: spec\.version: "
    with pytest.raises(QueryError, match=told):
        await of_version(cluster(versions=[broken]), "mnist-1.0.0")
