"""A model of ExeML: imported by its record alone, told without its place, and rendered for pods without keys."""

import json
from typing import Any

import pytest
from tests.support import documents
from tests.support.bucket import Bucket
from tests.support.documents import changed
from tests.support.exeml_world import KEYS, PLACE, RECORD, VERSION
from tests.support.records import NORMAL, PIN, SKLEARN, stored
from tests.support.world import MODELS, World

from aiapp.api.conditions import Reason
from aiapp.domain.exeml.access import TicketAccess
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    RUNTIMES,
    SECRETS,
    VERSIONS,
    Json,
)
from aiapp.ports.objectstore import StoreError

ACCESS = TicketAccess("https://aiapp-operator-tickets.aiapp-system.svc:9443", "PEM")
HIDDEN = ("exeml-models", "projects/team", "obs.lan", "exeml-keys", "secret-value")


def world(*, recorded: bool = True) -> World:
    """The version as the operator registered it, or as somebody else made it."""
    found = World(Bucket(prefix=PLACE))
    found.hold(VERSIONS, stored(VERSION), "uid-version")
    found.hold(SECRETS, KEYS, "uid-keys")
    if recorded:
        found.api.hold(RECORD, "uid-record")
    return found


def told(found: World) -> str:
    """All that users can read."""
    objects = [one for (_, namespace, _), one in found.api.objects.items() if namespace == "team"]
    return json.dumps(objects) + str(found.events.sent)


async def test_what_the_operator_registered_is_imported_from_where_its_record_says() -> None:
    found = world()
    await found.look()
    assert found.condition(VERSIONS, "mnist-1.0.0", "ArtifactPinned")["status"] == "True"
    assert [one.prefix for one in found.bucket.listed] == [PLACE]
    source = found.now_of(VERSIONS, "mnist-1.0.0")["status"]["source"]
    assert (source["type"], source["origin"], "uri" in source) == ("ExeML", "ExeML", False)
    for word in HIDDEN:
        assert word not in told(found)


async def test_a_version_without_a_record_or_with_another_spec_is_not_imported() -> None:
    found = world(recorded=False)
    await found.look()
    assert found.condition(VERSIONS, "mnist-1.0.0", "SourceResolved")["reason"] == "ExeMLNotRegistered"
    assert found.bucket.listed == []
    other = world()
    other.hold(VERSIONS, stored(changed(VERSION, spec__runtime=SKLEARN)), "uid-version")
    await other.look()
    assert other.condition(VERSIONS, "mnist-1.0.0", "SourceResolved")["reason"] == "ExeMLNotRegistered"
    assert other.bucket.listed == []


async def test_what_the_store_says_of_its_place_is_not_passed_on() -> None:
    found = world()
    message = f"obs.lan denies reading object '{PLACE}config.json' in bucket exeml-models: check Secret exeml-keys"
    found.bucket.fault = StoreError(Reason.ACCESS_DENIED, message, retryable=False)
    await found.look()
    condition = found.condition(VERSIONS, "mnist-1.0.0", "SourceResolved")
    assert condition["reason"] == "AccessDenied"
    for word in HIDDEN:
        assert word not in told(found)


def served(**serving: Any) -> World:
    """Pinned, with everything that its pods need."""
    found = world()
    found.hold(RUNTIMES, stored(changed(documents.runtime(SKLEARN), spec__image="r/sklearn:1")), "uid-runtime")
    status = changed(NORMAL, source={"type": "ExeML", "origin": "ExeML"}, model__dependencies=["numpy==1.0"])
    found.set_status(status)
    metadata = {"name": manifest_config_map(PIN), "namespace": "team", "labels": {MANAGED_BY_LABEL: MANAGED_BY}}
    found.hold(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, "uid-manifest")
    if serving:
        wanted = {"versions": [{"version": "1.0.0"}]} | serving
        found.hold(APPLICATIONS, stored(changed(documents.application(), spec__serving=wanted)), "uid-application")
    return found


def rendered(found: World) -> list[Json]:
    return [one["data"] for (resource, _, _), one in found.api.objects.items() if resource == CONTROLLER_REVISIONS]


async def test_its_pods_have_neither_keys_nor_a_place_and_only_their_init_containers_a_token() -> None:
    found = served()
    found.tickets.access = ACCESS
    await found.of_applications(found.application)
    (template,) = rendered(found)
    spec = template["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["identify", "fetch", "dependencies"]
    fetch, model = spec["initContainers"][1], spec["containers"][0]
    assert fetch["args"][fetch["args"].index("--tickets") + 1] == ACCESS.url
    secret = {"ticket-token", "proof"}
    assert secret <= {one["name"] for one in fetch["volumeMounts"]}
    for container in (model, spec["initContainers"][2]):
        assert not secret & {one["name"] for one in container["volumeMounts"]}
    assert not any("secret" in one for one in spec["volumes"])
    for word in HIDDEN:
        assert word not in json.dumps(template)


async def test_another_authority_is_another_template() -> None:
    found = served()
    found.tickets.access = ACCESS
    await found.of_applications(found.application)
    found.tickets.access = TicketAccess(ACCESS.url, "ANOTHER")
    await found.of_applications(found.application)
    assert len(rendered(found)) == 2


@pytest.mark.parametrize(
    ("serving", "field"),
    [
        ({"versions": [{"version": "1.0.0", "env": [{"name": "LD_PRELOAD", "value": "/x"}]}]}, "versions[1.0.0].env"),
        ({"pod": {"envFrom": [{"secretRef": {"name": "mine"}}]}}, "pod.envFrom"),
        ({"pod": {"claims": [{"claimName": "mine", "mountPath": "/usr/lib/python3"}]}}, "pod.claims"),
    ],
    ids=["env", "envFrom", "claims"],
)
async def test_what_brings_a_users_code_beside_it_makes_no_pod(serving: Json, field: str) -> None:
    found = served(**serving)
    found.tickets.access = ACCESS
    await found.of_applications(found.application)
    condition = found.condition(APPLICATIONS, "mnist", "WorkloadsAvailable")
    assert (condition["status"], condition["reason"]) == ("False", "ExeMLRestricted")
    assert field in condition["message"]
    assert rendered(found) == []


async def test_it_waits_for_the_ticket_server() -> None:
    found = served()
    outcome = await found.of_applications(found.application)
    assert found.condition(APPLICATIONS, "mnist", "WorkloadsAvailable")["reason"] == "ExeMLUnavailable"
    assert outcome.failed
    assert rendered(found) == []


def test_the_store_of_the_tests_is_one_for_every_namespace() -> None:
    assert MODELS.below("team") == "obs://exeml-models/projects/team/"
