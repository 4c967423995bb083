"""Versions judged over a cluster, registered or from a file, over an API server in memory."""

import pytest
import yaml
from tests.support import documents
from tests.support.documents import changed
from tests.support.fleet import mindcluster
from tests.support.records import IMAGE, image_version
from tests.support.user_api import UserObjects

from aiapp.adapters.shipped import shipped_tables
from aiapp.domain.kubernetes.resources import APPLICATIONS, NODES, PODS, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.fit import Fit, of_manifests, of_version
from aiapp.queries.nodes import NodeTables

CANN = "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
VERSION = changed(documents.version(), spec__runtime=CANN)
TABLES = NodeTables(shipped_tables(), "aiapp-system/aiapp-node-facts")


def cluster(*, forbidden: frozenset[Resource] = frozenset(), **held: list[Json]) -> UserCluster:
    by_resource = {{"versions": VERSIONS, "applications": APPLICATIONS}[name]: found for name, found in held.items()}
    return UserCluster(
        UserObjects({NODES: [mindcluster("npu", "910ProB", driver="23.0.rc1")], **by_resource}, forbidden), "ns"
    )


async def of_file(there: UserCluster, *manifests: Json, runtime: str | None = None) -> Fit:
    (found,) = await of_manifests(there, yaml.safe_dump_all(manifests).encode(), "mnist.yaml", TABLES, runtime)
    return found


async def test_a_registered_version_asks_for_what_its_application_wants() -> None:
    served = [{"version": "1.0.0", "npu": {"count": 4}}]
    wanting = changed(documents.application(), spec__serving__versions=served)
    found = await of_version(cluster(versions=[VERSION], applications=[wanting]), "mnist-1.0.0", TABLES)
    assert found.document["devices"] == 4
    alone = await of_version(cluster(versions=[VERSION]), "mnist-1.0.0", TABLES)
    assert alone.document["devices"] == 1


async def test_an_application_that_serves_another_version_wants_nothing_of_this_one() -> None:
    other = changed(
        documents.application(),
        spec__serving={"versions": [{"version": "2.0.0"}], "scheduling": {"nodeSelector": {"pool": "none"}}},
    )
    free = await of_file(cluster(), VERSION, other)
    bound = await of_file(cluster(), VERSION, changed(other, spec__serving__versions=[{"version": "1.0.0"}]))
    assert "SelectorMismatch" not in free.document["message"]
    assert "SelectorMismatch" in bound.document["message"]
    assert [one["reason"] for one in bound.document["nodes"][0]["mismatches"]] == ["SelectorMismatch"]


async def test_a_runtime_of_the_file_comes_before_the_catalogue() -> None:
    found = await of_file(cluster(), VERSION, documents.runtime(CANN))
    assert found.notes == ()
    assert (await of_file(cluster(), VERSION)).notes == (
        f"runtime {CANN} is not in the catalogue: judged by its name alone",
    )


async def test_a_version_that_names_no_runtime_is_judged_by_the_chosen_one() -> None:
    with pytest.raises(QueryError, match="--runtime NAME"):
        await of_file(cluster(), documents.version())
    assert (await of_file(cluster(), documents.version(), runtime=CANN)).document["runtime"] == CANN


async def test_an_image_is_judged_by_its_platforms_once_it_is_imported() -> None:
    found = await of_version(cluster(versions=[image_version().raw]), "mnist-1.0.0", TABLES)
    assert (found.document["runtime"], found.document["image"]) == (None, IMAGE["image"])
    assert found.document["nodes"][0]["reason"] == "ArchitectureMismatch"
    with pytest.raises(QueryError, match="register the version, it gets no pods by that"):
        await of_file(cluster(), changed(documents.version(), spec__source={"image": {"reference": "r/mnist:1"}}))
    own = changed(documents.version(), spec__container={"image": "r/server:1"})
    with pytest.raises(QueryError, match="register the version"):
        await of_file(cluster(), own)


async def test_a_registered_image_that_is_not_pinned_is_not_told_to_be_registered() -> None:
    version = image_version().raw
    refused = version | {"status": {"conditions": version["status"]["conditions"][:1]}}
    with pytest.raises(QueryError, match=r"its image, which is not pinned: aiapp get mnist-1\.0\.0"):
        await of_version(cluster(versions=[refused]), "mnist-1.0.0", TABLES)


async def test_a_file_without_a_version_and_a_faulty_one_have_no_answer() -> None:
    with pytest.raises(QueryError, match=r"mnist\.yaml holds no AIApplicationVersion"):
        await of_file(cluster(), documents.application())
    with pytest.raises(QueryError, match=r"spec\.runtme"):
        await of_file(cluster(), changed(VERSION, spec__runtme="x"))


async def test_what_the_user_may_not_read_is_noted_and_nodes_are_needed() -> None:
    found = await of_file(cluster(forbidden=frozenset({PODS})), VERSION, documents.runtime(CANN))
    (note,) = found.notes
    assert note.startswith(
        "you may not list the pods of all namespaces (ClusterRole aiapp-nodes-view gives that right)"
    )
    assert found.document["nodes"][0]["free"] is None
    with pytest.raises(ApiError, match="ClusterRole aiapp-nodes-view gives that right"):
        await of_file(cluster(forbidden=frozenset({NODES})), VERSION)
