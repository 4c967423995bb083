"""Where a version comes from, as it is shown; a record that somebody changed is not."""

from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.records import NORMAL, PIN, stored
from tests.support.user_api import UserObjects

from aiapp.api.provenance import ProvenanceStatus
from aiapp.cli.trace import tree
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.provenance.config_map import KEY, provenance_object, provenance_record
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.trace import slsa, trace

DIGEST: Final = f"sha256:{'d1' * 32}"
RECORD: Final = provenance_object({"buildDefinition": {}})
JOB: Final = {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "u", "state": "Succeeded"}
KNOWN: Final = ProvenanceStatus.model_validate(
    {
        "record": provenance_record(RECORD).model_dump(),
        "createdBy": "CronJob nightly",
        "revision": "c0ffee",
        "images": [{"image": "r/train:1", "digest": DIGEST}],
        "datasets": [{"name": "mnist", "uri": "obs://data/"}],
        "nodes": [{"architecture": "arm64", "name": "node-a"}],
    }
).model_dump(by_alias=True, mode="json", exclude_none=True)


def cluster(record: Json = RECORD, **status: Any) -> UserCluster:
    known = {"artifact": NORMAL["artifact"] | {"digest": DIGEST}, "provenance": KNOWN}  # type: ignore[operator]
    source = {"type": "TrainingJob", "uri": "obs://models/run-7/model/", "trainingJob": JOB}
    version = stored(documents.version(), status={**NORMAL, "source": source, **known, **status})
    return UserCluster(UserObjects({VERSIONS: [version], CONFIG_MAPS: [record]}), "team")


async def test_the_chain_leads_from_the_version_to_the_nodes() -> None:
    model = NORMAL["model"] | {"metrics": {"f1": "0.9", "recall": "0.8"}}  # type: ignore[operator]
    found = await trace(cluster(model=model), "mnist-1.0.0")
    assert list(tree(found.document)) == [
        "application mnist",
        "  version 1.0.0",
        f"    content {DIGEST}",
        "    source TrainingJob obs://models/run-7/model/",
        "      Job train, Succeeded, uid u",
        "      from - to -",
        f"      image r/train:1 {DIGEST}",
        "      code c0ffee",
        "      data mnist obs://data/",
        "      node node-a arm64",
        "    metrics f1 0.9, recall 0.8",
        "    made by CronJob nightly at -",
    ]


async def test_a_version_that_is_new_has_a_short_chain() -> None:
    version = stored(documents.version())
    found = await trace(UserCluster(UserObjects({VERSIONS: [version]}), "team"), "mnist-1.0.0")
    assert list(tree(found.document))[2:4] == ["    content not pinned yet", "    source not read yet"]


async def test_a_pin_is_not_shown_as_if_it_were_the_digest_of_the_content() -> None:
    pinned = {key: one for key, one in NORMAL["artifact"].items() if key != "digest"}  # type: ignore[attr-defined]
    found = await trace(cluster(artifact=pinned), "mnist-1.0.0")
    assert list(tree(found.document))[2] == f"    content pinned as {PIN}, its digest is known once a pod has it"


async def test_a_job_that_nobody_owns_was_made_by_nobody_in_particular() -> None:
    known = {key: one for key, one in KNOWN.items() if key != "createdBy"} | {"createdAt": "2026-03-02T09:14:03Z"}
    found = await trace(cluster(provenance=known), "mnist-1.0.0")
    assert list(tree(found.document))[-1] == "    made at 2026-03-02T09:14:03Z"


async def test_the_statement_is_about_the_content_of_the_version() -> None:
    found = await slsa(cluster(), "mnist-1.0.0")
    assert found["subject"] == [{"name": "team/mnist-1.0.0", "digest": {"sha256": "d1" * 32}}]
    assert found["predicate"] == {"buildDefinition": {}}


async def test_a_record_that_somebody_replaced_is_no_evidence() -> None:
    forged = RECORD | {"data": {KEY: '{"buildDefinition":{"buildType":"mine"}}'}}
    with pytest.raises(QueryError, match="does not hold what the operator wrote"):
        await slsa(cluster(forged), "mnist-1.0.0")


async def test_there_is_no_statement_before_content_and_origin_are_known() -> None:
    with pytest.raises(QueryError, match="is not known yet"):
        await slsa(cluster(artifact=NORMAL["artifact"]), "mnist-1.0.0")
    with pytest.raises(QueryError, match="nothing is known yet"):
        await slsa(cluster(provenance=None), "mnist-1.0.0")


async def test_a_version_that_was_not_trained_here_has_a_statement_of_its_registration() -> None:
    known = {"createdBy": "kubectl", "createdAt": "2026-01-02T03:04:05Z", "revision": "c0ffee"}
    found = await slsa(cluster(provenance=known), "mnist-1.0.0")
    build, details = found["predicate"]["buildDefinition"], found["predicate"]["runDetails"]
    assert build["buildType"] == "https://aiapp.dev/registration/v1"
    assert build["externalParameters"]["source"]["obs"]["uri"].startswith("obs://")
    assert build["internalParameters"] == {"createdBy": "kubectl"}
    assert build["resolvedDependencies"] == [{"name": "source", "digest": {"gitCommit": "c0ffee"}}]
    assert details["metadata"] == {"invocationId": "uid-mnist-1.0.0", "startedOn": "2026-01-02T03:04:05Z"}
