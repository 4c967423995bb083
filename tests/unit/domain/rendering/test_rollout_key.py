"""What makes a rollout another one, so that pods are replaced, and what does not."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import BaseModel
from tests.support import documents
from tests.support.records import IMAGE, NORMAL

from aiapp.api.container import Container, ContainerHealth
from aiapp.api.meta import CaBundleReference, EnvSource, EnvVar, KeyReference, LocalReference, Npu, Resources
from aiapp.api.parameters import ServerParameters
from aiapp.api.pod import EnvFrom, MountedClaim, OptionalReference, PodOptions, RequestLimits
from aiapp.api.scheduling import NodeAffinity, NodeDemand, NodePreference, Scheduling, Toleration
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.source import ObsSource, Source, TemplateSource
from aiapp.api.version import VersionSpec, VersionStatus
from aiapp.domain.rendering.rollout_key import rollout_key

CASES: Final = yaml.safe_load(Path("tests/data/golden/rollout-keys.yaml").read_text())
ELSEWHERE: Final[dict[type[BaseModel], set[str]]] = {
    Container: {"image", "image_registry"},  # the image by what it was resolved to, in the status
    ServedVersion: {"weight", "replicas", "autoscaling"},
    TemplateSource: {"name", "mode"},  # by what is pinned
    Serving: {
        "versions",
        "compatibility",
        "stopped",
        "auto_stop_after_seconds",
        "disruption_budget",
        "strategy",
        "gateway",
    },
}
"""Fields that do not reach the pod template by themselves."""
IN_THE_FORM: Final[dict[type[BaseModel], set[str]]] = {
    Source: {"obs", "image", "training_job", "template", "exe_ml"},
    TemplateSource: {"inputs", "endpoint", "region", "addressing", "digest", "credentials_secret_ref", "ca_bundle_ref"},
    ObsSource: {"uri", "endpoint", "region", "addressing", "digest", "credentials_secret_ref", "ca_bundle_ref"},
    CaBundleReference: {"kind", "name", "key"},
    Container: {
        "env",
        "resources",
        "npu",
        "workers",
        "shared_memory",
        "image_pull_secrets",
        "command",
        "args",
        "port",
        "protocol",
        "health",
        "metrics",
        "parameters",
        "dependencies",
        "user",
    },
    ServerParameters: {"served_name", "context_length", "tensor_parallel_size", "dtype", "extra_args"},
    ContainerHealth: {
        "path",
        "command",
        "initial_delay_seconds",
        "period_seconds",
        "timeout_seconds",
        "failure_threshold",
    },
    ServedVersion: {"version", "env", "resources", "npu", "workers", "shared_memory"},
    Serving: {"scheduling", "deploy_timeout_seconds", "pod", "limits"},
    Scheduling: {
        "node_selector",
        "tolerations",
        "priority_class_name",
        "scheduler_name",
        "node_affinity",
        "spread",
    },
    NodeAffinity: {"required", "preferred"},
    NodePreference: {"weight", "demands"},
    NodeDemand: {"key", "operator", "values"},
    PodOptions: {"labels", "annotations", "claims", "env_from", "termination_grace_period_seconds"},
    MountedClaim: {"claim_name", "mount_path", "sub_path", "read_only"},
    EnvFrom: {"prefix", "config_map_ref", "secret_ref"},
    OptionalReference: {"name", "optional"},
    RequestLimits: {"body_bytes", "prediction_seconds", "queue", "requests_per_second", "burst"},
    Toleration: {"key", "operator", "value", "effect", "toleration_seconds"},
    EnvVar: {"name", "value", "value_from"},
    EnvSource: {"secret_key_ref", "config_map_key_ref"},
    KeyReference: {"name", "key"},
    LocalReference: {"name"},
    Resources: {"requests", "limits"},
    Npu: {"count", "resource_name"},
}


def key_of(case: dict[str, Any]) -> str:
    spec = documents.version()["spec"] | case.get("version", {})
    served = ServedVersion.model_validate(case.get("served", {"version": "1.0.0"}))
    serving = Serving.model_validate({"versions": [{"version": "1.0.0"}]} | case.get("serving", {}))
    status = VersionStatus.model_validate(NORMAL | case.get("status", {}))
    return rollout_key(served, serving, VersionSpec.model_validate(spec), status)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_the_key_of_what_runs_is_the_same_for_ever(case: dict[str, Any]) -> None:
    assert key_of(case) == case["key"]


@pytest.mark.parametrize("model", [pytest.param(model, id=model.__name__) for model in IN_THE_FORM])
def test_a_new_field_is_either_in_the_form_or_does_not_reach_the_template(model: type[BaseModel]) -> None:
    assert set(model.model_fields) == IN_THE_FORM[model] | ELSEWHERE.get(model, set())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"served": {"version": "1.0.0", "workers": 2}}, id="workers"),
        pytest.param({"served": {"version": "1.0.0", "sharedMemory": "1Gi"}}, id="shared memory"),
        pytest.param({"serving": {"deployTimeoutSeconds": 3600}}, id="the deploy timeout"),
        pytest.param({"serving": {"pod": {"labels": {"team": "vision"}}}}, id="a label of the pods"),
        pytest.param({"serving": {"limits": {"queue": 8}}}, id="a limit of the model server"),
        pytest.param({"serving": {"scheduling": {"spread": "Required"}}}, id="how the pods spread"),
        pytest.param({"version": {"container": {"env": [{"name": "A", "value": "b"}]}}}, id="an environment variable"),
        pytest.param({"version": {"container": {"dependencies": ["numpy<2"]}}}, id="what is installed"),
        pytest.param({"version": {"container": {"dependencies": []}}}, id="that nothing is installed"),
        pytest.param({"version": {"source": {"obs": {"uri": "obs://models/moved/1.0.0/"}}}}, id="another source"),
    ],
)
def test_what_reaches_the_template_makes_another_rollout(change: dict[str, Any]) -> None:
    assert key_of(change) != key_of({})


def test_each_limit_of_the_model_server_makes_another_rollout() -> None:
    limits = {"queue": 8}, {"queue": 8, "requestsPerSecond": 8}, {"queue": 8, "requestsPerSecond": 8, "burst": 9}
    assert len({key_of({"serving": {"limits": one}}) for one in limits}) == len(limits)


def test_what_a_pod_may_start_without_makes_another_rollout_only_where_that_is_said() -> None:
    def key(**said: bool) -> str:
        return key_of({"serving": {"pod": {"envFrom": [{"secretRef": {"name": "keys", **said}}]}}})

    assert key() == key(optional=False) != key(optional=True)


def test_another_image_makes_another_rollout() -> None:
    spec, served = VersionSpec.model_validate(documents.version()["spec"]), ServedVersion(version="1.0.0")
    images = (None, IMAGE, IMAGE | {"image": f"copy.example.com/mnist@sha256:{'1a' * 32}"})
    keys = {
        rollout_key(served, Serving(versions=(served,)), spec, VersionStatus.model_validate({"image": image}))
        for image in images
    }
    assert len(keys) == 3
