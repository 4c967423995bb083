"""What users add to the pods: labels, volumes, environment, affinity, spread, limits of a request."""

from itertools import pairwise
from typing import Any

import pytest
from tests.support.records import application, observed

from aiapp.api.pod import PodOptions
from aiapp.api.scheduling import NodeAffinity, NodeDemand, Scheduling
from aiapp.domain.application.plan import plan
from aiapp.domain.nodes.placement import Placement
from aiapp.domain.rendering.pod.options import claim_mounts, claim_volumes
from aiapp.domain.rendering.pod.scheduling import scheduling_fields


def template(**serving: Any) -> dict[str, Any]:
    changes = {f"spec__serving__{name}": value for name, value in serving.items()}
    made = plan(observed(application(**changes))).apply
    return dict(next(obj for obj in made if obj["kind"] == "Deployment")["spec"]["template"])


def arguments(made: dict[str, Any]) -> dict[str, str]:
    given = made["spec"]["containers"][0]["args"]
    return dict(pairwise(given))


def test_labels_and_annotations_of_users_come_beside_our_own() -> None:
    made = template(pod={"labels": {"team": "vision"}, "annotations": {"example.com/note": "x"}})["metadata"]
    assert made["labels"]["team"] == "vision"
    assert made["labels"]["aiapp.dev/application"] == "mnist"
    assert made["annotations"]["example.com/note"] == "x"
    assert made["annotations"]["kubectl.kubernetes.io/default-container"] == "model"


def test_our_own_labels_win_where_the_api_server_let_one_of_a_user_pass() -> None:
    made = template(pod={"labels": {"aiapp.dev/version": "9.9.9"}})["metadata"]
    assert made["labels"]["aiapp.dev/version"] == "1.0.0"


def test_a_claim_that_is_mounted_twice_is_one_volume() -> None:
    options = PodOptions.model_validate(
        {
            "claims": [
                {"claimName": "a", "mountPath": "/one", "subPath": "1", "readOnly": True},
                {"claimName": "b", "mountPath": "/b", "readOnly": True},
                {"claimName": "a", "mountPath": "/two"},
            ]
        }
    )
    assert list(claim_volumes(options)) == [
        {"name": "claim-0", "persistentVolumeClaim": {"claimName": "a"}},
        {"name": "claim-1", "persistentVolumeClaim": {"claimName": "b", "readOnly": True}},
    ]
    assert list(claim_mounts(options)) == [
        {"name": "claim-0", "mountPath": "/one", "subPath": "1", "readOnly": True},
        {"name": "claim-1", "mountPath": "/b", "readOnly": True},
        {"name": "claim-0", "mountPath": "/two"},
    ]


def test_the_files_of_a_claim_change_their_group_only_where_they_must() -> None:
    security = template(pod={"claims": [{"claimName": "a", "mountPath": "/a"}]})["spec"]["securityContext"]
    assert security["fsGroupChangePolicy"] == "OnRootMismatch"
    assert "fsGroupChangePolicy" not in template()["spec"]["securityContext"]


def test_whole_config_maps_and_secrets_become_environment() -> None:
    sources = [{"prefix": "A_", "configMapRef": {"name": "flags"}}, {"secretRef": {"name": "keys", "optional": True}}]
    assert template(pod={"envFrom": sources})["spec"]["containers"][0]["envFrom"] == sources
    assert "envFrom" not in template()["spec"]["containers"][0]


@pytest.mark.parametrize(("seconds", "grace"), [(1, "1"), (30, "10"), (600, "20")])
def test_of_a_short_period_a_third_is_left_for_new_requests(seconds: int, grace: str) -> None:
    made = template(pod={"terminationGracePeriodSeconds": seconds})
    assert made["spec"]["terminationGracePeriodSeconds"] == seconds
    assert arguments(made)["--grace"] == grace


def test_a_longer_prediction_has_the_time_to_end_in_a_pod_that_goes() -> None:
    made = template(limits={"predictionSeconds": 300, "bodyBytes": 4096, "queue": 7})
    given = arguments(made)
    assert (given["--predict-timeout"], given["--max-body"], given["--queue"]) == ("300", "4096", "7")
    assert made["spec"]["terminationGracePeriodSeconds"] == 330


def test_a_rate_is_given_to_the_server_only_where_it_is_set() -> None:
    given = arguments(template(limits={"requestsPerSecond": 50, "burst": 100}))
    assert (given["--requests-per-second"], given["--burst"]) == ("50", "100")
    assert not {"--requests-per-second", "--burst"} & set(arguments(template(limits={"queue": 7})))


@pytest.mark.parametrize(
    ("spread", "when"), [(None, "ScheduleAnyway"), ("Preferred", "ScheduleAnyway"), ("Required", "DoNotSchedule")]
)
def test_the_pods_of_a_rollout_spread_over_nodes(spread: str | None, when: str) -> None:
    (found,) = template(scheduling={"spread": spread} if spread else {})["spec"]["topologySpreadConstraints"]
    assert (found["whenUnsatisfiable"], found["matchLabelKeys"]) == (when, ["pod-template-hash"])


def test_spreading_can_be_left_to_the_scheduler() -> None:
    assert "topologySpreadConstraints" not in template(scheduling={"spread": "None"})["spec"]


def test_required_affinity_holds_together_with_our_own() -> None:
    made = template(
        scheduling={
            "nodeAffinity": {
                "required": [{"key": "zone", "operator": "NotIn", "values": ["a"]}],
                "preferred": [{"weight": 5, "demands": [{"key": "ssd", "operator": "Exists"}]}],
            }
        }
    )
    affinity = made["spec"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert {"key": "zone", "operator": "NotIn", "values": ["a"]} in term["matchExpressions"]
    assert any(one["key"] == "kubernetes.io/arch" for one in term["matchExpressions"])
    preferred = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred[-1] == {"weight": 5, "preference": {"matchExpressions": [{"key": "ssd", "operator": "Exists"}]}}


def test_required_affinity_stands_alone_where_we_ask_for_nothing() -> None:
    asked = Scheduling(node_affinity=NodeAffinity(required=(NodeDemand(key="zone", operator="Exists"),)))
    made = scheduling_fields(Placement(None), asked, "mnist", "1.0.0")
    (term,) = made["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}
