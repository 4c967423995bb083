"""The pod template, whole."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.expansion import expanded
from tests.support.fleet import mindcluster, node
from tests.support.records import application, held, normal_version, observed

from aiapp.api.conditions import Reason
from aiapp.api.meta import EnvVar
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.plan import plan
from aiapp.domain.objectstore.endpoint_policy import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.objectstore.proxies import NO_PROXIES, Proxies
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.limits import bounds
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.template import merged_env

GOLDEN = Path(__file__).parents[3] / "data/golden"
CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
PRIVATE: dict[str, Any] = {
    "spec__source__obs__endpoint": "http://10.0.0.1:9000",
    "spec__source__obs__region": "cn-north-4",
    "spec__source__obs__digest": f"sha256:{'d1' * 32}",
    "spec__source__obs__credentialsSecretRef": {"name": "store"},
    "spec__source__obs__caBundleRef": {"kind": "ConfigMap", "name": "private-ca"},
    "spec__container": {
        "env": [{"name": "LEVEL", "value": "1"}],
        "resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}},
        "npu": {"count": 2},
        "imagePullSecrets": [{"name": "registry"}],
    },
}
WISHES = {
    "nodeSelector": {"pool": "npu"},
    "tolerations": [{"key": "team", "operator": "Exists"}],
    "priorityClassName": "high",
    "schedulerName": "volcano",
}


def template(name: str) -> dict[str, Any]:
    """The template of a plain CPU version, or of a private CANN one with every wish."""
    if name == "cpu":
        return _deployment(plan(observed()).apply)
    raw = normal_version(**PRIVATE).raw
    record = VersionRecord.parse(
        raw | {"status": raw["status"] | {"runtime": {"name": CANN, "lifecycle": "Recommended"}}}
    )
    seen = observed(
        application(spec__serving__scheduling=WISHES),
        record,
        fleet=(node("x"), mindcluster("n", "910ProB", pool="npu")),
    )
    runtime = RuntimeSpec(
        name=CANN, image="r/mindspore:2", python="python3.7", command=("/bin/bash", "-c", 'exec "$0" "$@"')
    )
    return _deployment(plan(replace(seen, context=replace(seen.context, runtimes={CANN: runtime}))).apply)


def _deployment(objects: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    found = next(obj for obj in objects if obj["kind"] == "Deployment")
    return dict(found["spec"]["template"])


@pytest.mark.parametrize("name", ["cpu", "cann"])
def test_the_template_is_as_it_was(name: str, pytestconfig: pytest.Config) -> None:
    file = GOLDEN / f"pod-{name}.yaml"
    if pytestconfig.getoption("--update-golden"):
        file.write_text(yaml.safe_dump(template(name), sort_keys=False))
    assert template(name) == yaml.safe_load(file.read_text())


def test_npus_have_equal_requests_and_limits() -> None:
    resources = template("cann")["spec"]["containers"][0]["resources"]
    assert resources["requests"]["huawei.com/Ascend910"] == resources["limits"]["huawei.com/Ascend910"] == "2"


def test_a_cuda_pod_asks_for_its_gpus() -> None:
    name = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"
    raw = normal_version(spec__container={"resources": {"limits": {"nvidia.com/gpu": 2}}}).raw
    record = VersionRecord.parse(
        raw | {"status": raw["status"] | {"runtime": {"name": name, "lifecycle": "Supported"}}}
    )
    seen = observed(None, record, fleet=(node("gpu", resources={"nvidia.com/gpu": 4}),))
    runtimes = {name: RuntimeSpec(name=name, image="r/torch:1")}
    made = _deployment(plan(replace(seen, context=replace(seen.context, runtimes=runtimes))).apply)
    resources = made["spec"]["containers"][0]["resources"]
    assert (resources["requests"]["nvidia.com/gpu"], resources["limits"]["nvidia.com/gpu"]) == ("2", "2")
    assert {"key": "nvidia.com/gpu", "operator": "Exists"} in made["spec"]["tolerations"]


def test_no_pod_gets_a_service_account_token() -> None:
    assert template("cpu")["spec"]["automountServiceAccountToken"] is False


def test_what_a_package_says_names_no_variable_of_the_pod() -> None:
    """The kubelet would put the value there, which may be a secret."""
    written = "/$(TOKEN)/$$(TOKEN)/$"
    health = {"checkMethod": "HTTP", "url": written}
    raw = normal_version(spec__source__obs__uri="obs://models/$(TOKEN)/").raw
    status = raw["status"] | {"source": {"type": "Obs", "uri": "obs://models/$(TOKEN)/"}}
    status |= {"model": status["model"] | {"health": health, "dependencies": ["./$(TOKEN).whl"]}}
    spec = _deployment(plan(observed(None, VersionRecord.parse(raw | {"status": status}))).apply)["spec"]
    containers = [*spec["initContainers"], *spec["containers"]]
    passed_on = [expanded(one, {"TOKEN": "secret"}) for each in containers for one in each["args"]]
    assert {written, "obs://models/$(TOKEN)/", "./$(TOKEN).whl"} <= set(passed_on)
    assert not any("secret" in one for one in passed_on)


def test_later_environment_overrides_earlier_by_name() -> None:
    first, second = EnvVar(name="A", value="1"), EnvVar(name="B", value="2")
    assert merged_env([first, second], None, [EnvVar(name="A", value="3")]) == (EnvVar(name="A", value="3"), second)


def fetch_container(fetcher: Fetcher) -> dict[str, Any]:
    found = _deployment(plan(observed(fetcher=fetcher)).apply)["spec"]["initContainers"][0]
    return dict(found)


def test_the_fetcher_keeps_to_the_operators_policy_and_takes_its_proxies() -> None:
    policy = EndpointPolicy(("*.example.com",), (ip_network("127.0.0.0/8"),), (ip_network("10.96.0.0/12"),))
    proxies = Proxies("http://user:pass@proxy:3128", exempt=".svc")
    container = fetch_container(Fetcher("r/operator:1", policy.arguments, proxies.environment))
    assert container["args"][-6:] == [
        *("--allow-host", "*.example.com"),
        *("--allow-range", "127.0.0.0/8"),
        *("--refuse-range", "10.96.0.0/12"),
    ]
    assert container["env"] == [
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
        {"name": "NO_PROXY", "value": ".svc"},
    ]


def test_by_default_the_fetcher_is_told_of_neither() -> None:
    assert fetch_container(Fetcher("i", DEFAULT_POLICY.arguments, NO_PROXIES.environment)) == fetch_container(
        Fetcher("i")
    )
    assert "env" not in fetch_container(Fetcher("i"))


def with_container(**container: Any) -> dict[str, Any]:
    """The pod of a version with these wishes."""
    found = _deployment(plan(observed(None, normal_version(spec__container=container))).apply)["spec"]
    return dict(found)


def test_without_a_wish_the_shared_memory_is_what_the_container_runtime_gives() -> None:
    spec = template("cpu")["spec"]
    assert "shm" not in {volume["name"] for volume in spec["volumes"]}
    assert "/dev/shm" not in {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}


def test_shared_memory_is_bounded_and_in_memory() -> None:
    spec = with_container(sharedMemory="2Gi")
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}} in spec["volumes"]
    assert {"name": "shm", "mountPath": "/dev/shm"} in spec["containers"][0]["volumeMounts"]


def test_an_applications_shared_memory_overrides_the_versions() -> None:
    app = application(spec__serving__versions=[{"version": "1.0.0", "sharedMemory": "4Gi"}])
    spec = _deployment(plan(observed(app, normal_version(spec__container={"sharedMemory": "2Gi"}))).apply)["spec"]
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}} in spec["volumes"]


def test_the_fetcher_asks_for_no_more_cpu_than_its_model() -> None:
    spec = with_container(resources={"limits": {"cpu": "500m", "memory": "512Mi"}})
    assert spec["initContainers"][0]["resources"]["limits"] == {"cpu": "500m", "memory": "256Mi"}


def test_our_own_request_of_storage_is_never_larger_than_the_limit() -> None:
    spec = with_container(resources={"limits": {"ephemeral-storage": "100Mi"}})
    resources = spec["containers"][0]["resources"]
    assert resources["requests"]["ephemeral-storage"] == str(100 << 20)
    assert resources["limits"] == {"ephemeral-storage": "100Mi"}


def test_a_limit_of_storage_that_the_package_exceeds_is_said_before_any_pod_exists() -> None:
    version = normal_version(spec__container={"resources": {"limits": {"ephemeral-storage": "1Mi"}}})
    wanted = plan(observed(None, version))
    why = held(wanted)
    assert why.reason is Reason.STORAGE_TOO_SMALL
    assert why.message == (
        "version mnist-1.0.0: its package has 3.0 MiB, resources.limits.ephemeral-storage allows 1.0 MiB of ephemeral "
        "storage: raise it"
    )
    assert not [one for one in wanted.apply if one["kind"] == "Deployment"]


def test_a_namespaces_limit_range_counts_too() -> None:
    small = bounds([{"spec": {"limits": [{"type": "Container", "default": {"ephemeral-storage": "1Mi"}}]}}])
    seen = observed()
    why = held(plan(replace(seen, context=replace(seen.context, granted=small))))
    assert "a LimitRange of the namespace allows 1.0 MiB" in why.message
