"""Pods of runtimes that bring a server of their own, whole. The NPU pods are rendered here and were run by nobody."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.fleet import mindcluster, node
from tests.support.records import application, deployed, held, normal_version, observed

from aiapp.adapters.shipped import shipped_runtimes
from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import described

GOLDEN = Path(__file__).parents[3] / "data/golden"
A2 = mindcluster("a2", "910B3", driver="25.5.0")
A3 = mindcluster("a3", "910C", driver="25.5.0", npus=16)
P310 = node(
    "duo",
    arch="arm64",
    labels={"node.kubernetes.io/npu.chip.name": "310P3", "huawei.com/driver.version": "25.5.0"},
    resources={"huawei.com/Ascend310P": 8},
)
A5 = node(
    "a5",
    arch="arm64",
    labels={"node.kubernetes.io/npu.chip.name": "Ascend950DT"},
    resources={"huawei.com/npu": 8},
)
VLLM = "vllm_ascend_0.23.0-cann_9.1.0-py_3.12-ubuntu_22.04-aarch64"
MINDIE = "mindie_2.3.0-cann_8.5.0-py_3.11-openeuler_24.03-aarch64"
SGLANG = "sglang_0.5.14-cann_9.0.0-py_3.11-ubuntu_22.04-aarch64"
MLSERVER = "mlserver_1.7.1-cpu-py_3.10-ubi_9-x86_64"
VOLCANO = {"schedulerName": "volcano"}


def with_image(runtime: RuntimeSpec) -> RuntimeSpec:
    """As an administrator completes an entry that is shipped without images."""
    given = (one.model_copy(update={"image": one.image or f"r/{one.chips[0]}:1"}) for one in runtime.images or ())  # type: ignore[index]
    return runtime.model_copy(update={"images": tuple(given)}) if runtime.images else runtime


def seen(
    name: str,
    *fleet: dict[str, Any],
    runtime: dict[str, Any] | None = None,
    serving: dict[str, Any] | None = None,
    **container: Any,
) -> ObservedApplication:
    """An application with a version of this runtime, over these nodes; `runtime` changes its server block."""
    spec = with_image(shipped_runtimes()[name])
    if runtime:
        raw = spec.model_dump(by_alias=True, exclude_none=True)
        spec = RuntimeSpec.model_validate(raw | {"server": raw["server"] | runtime})
    raw = normal_version("1.0.0", **({"spec__container": container} if container else {})).raw
    status = raw["status"] | {"runtime": described(spec).model_dump(by_alias=True, exclude_none=True)}
    changes = {f"spec__serving__{field}": value for field, value in (serving or {}).items()}
    found = observed(application(**changes), VersionRecord.parse(raw | {"status": status}), fleet=fleet)
    return replace(found, context=replace(found.context, runtimes={name: spec}))


def template(*args: Any, **asked: Any) -> dict[str, Any]:
    """The pod template that these get."""
    made = plan(seen(*args, **asked))
    found = next((obj for obj in made.apply if obj["kind"] == "Deployment"), None)
    assert found is not None, held(made)
    return dict(found["spec"]["template"])


def server(*args: Any, **asked: Any) -> dict[str, Any]:
    """Its container that serves."""
    return dict(template(*args, **asked)["spec"]["containers"][0])


PODS: dict[str, Any] = {
    "vllm-a2": lambda: template(VLLM, A2, npu={"count": 4}, parameters={"contextLength": 32768}),
    "vllm-a2-volcano-host-driver": lambda: template(
        VLLM,
        A2,
        npu={"count": 8},
        runtime={"driver": {"origin": "HostPath"}},
        serving={"scheduling": VOLCANO},
        parameters={"servedName": "Qwen/Qwen3-32B", "dtype": "bfloat16", "extraArgs": ["--quantization=ascend"]},
    ),
    "vllm-a3": lambda: template(VLLM, A3, npu={"count": 16}),
    "vllm-310p": lambda: template(VLLM, P310),
    "vllm-950": lambda: template(VLLM, A5, npu={"count": 8}, runtime={"driver": {"origin": "HostPath"}}),
    "mindie-a2": lambda: template(MINDIE, A2, npu={"count": 2}),
    "sglang-a3": lambda: template(SGLANG, A3, npu={"count": 2}),
    "mlserver": lambda: template(MLSERVER, node()),
}


@pytest.mark.parametrize("name", PODS)
def test_the_pod_is_as_it_was(name: str, pytestconfig: pytest.Config) -> None:
    file, made = GOLDEN / f"pod-engine-{name}.yaml", PODS[name]()
    if pytestconfig.getoption("--update-golden"):
        head = "# Rendered; nobody has run this pod on an NPU.\n" if name != "mlserver" else ""
        file.write_text(head + yaml.safe_dump(made, sort_keys=False))
    assert made == yaml.safe_load(file.read_text())


@pytest.mark.parametrize(
    ("fleet", "image"),
    [
        ((A2, A3), ""),
        ((A3, A2, mindcluster("b3", "910C", driver="25.5.0")), "-a3"),
        ((P310,), "-310p"),
        ((A5,), "-950dt"),
    ],
)
def test_the_pods_get_the_image_for_which_most_nodes_fit(fleet: tuple[dict[str, Any], ...], image: str) -> None:
    assert server(VLLM, *fleet, npu={"count": 2})["image"] == f"quay.io/ascend/vllm-ascend:v0.23.0{image}"


def test_the_pods_go_only_to_nodes_of_that_image() -> None:
    required = template(VLLM, A2, A3, npu={"count": 2})["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]["nodeSelectorTerms"][0]["matchExpressions"]
    chips = next(term for term in required if term["key"] == "node.kubernetes.io/npu.chip.name")
    assert chips["operator"] == "NotIn"
    assert "910C" in chips["values"]
    assert "910B3" not in chips["values"]


def test_a_release_whose_cann_the_driver_does_not_serve_has_no_pods() -> None:
    old = mindcluster("old", "910B3", driver="25.0.rc1")
    why = held(plan(seen(VLLM, old)))
    assert why.reason is Reason.WAITING_FOR_NODES
    assert "1 CannTooNew (old: CANN 9.1.0 asks for driver 25.2.0 or newer" in why.message
    assert server("vllm_ascend_0.18.0-cann_8.5.1-py_3.11-ubuntu_22.04-aarch64", old)


def test_a_number_of_npus_that_the_image_does_not_take_is_said_with_those_that_it_does() -> None:
    why = held(plan(seen(VLLM, A3, npu={"count": 1})))
    assert why.reason is Reason.WAITING_FOR_NODES
    assert "1 NpuCountImpossible (a3: 1 are asked for, the runtime takes 2, 4, 6, 8, 10, 12, 14, 16)" in why.message


def test_a_number_format_that_the_chip_has_not_is_said() -> None:
    why = held(plan(seen(VLLM, P310, parameters={"dtype": "bfloat16"})))
    assert "1 DtypeUnsupported (duo: bfloat16 is asked for, on the node's chip the runtime has float16)" in why.message


def test_the_only_number_format_of_an_image_is_what_its_server_is_told() -> None:
    assert "--dtype=float16" in server(VLLM, P310)["args"]
    assert not any("dtype" in word for word in server(VLLM, A2)["args"])


def test_an_argument_without_a_value_is_left_out() -> None:
    assert not any("max-model-len" in word for word in server(VLLM, A2)["args"])
    assert "--max-model-len=4096" in server(VLLM, A2, parameters={"contextLength": 4096})["args"]


def test_a_version_s_own_arguments_come_last_and_are_verbatim() -> None:
    words = server(VLLM, A2, parameters={"extraArgs": ["--x={port}", "-y"]})["args"]
    assert words[-2:] == ["--x={port}", "-y"]


def test_a_configuration_file_lies_where_the_runtime_says_with_every_value_in_it() -> None:
    made = template(MINDIE, A2, npu={"count": 2}, parameters={"servedName": "qwen"})
    text = made["metadata"]["annotations"]["aiapp.dev/file-0"]
    config = yaml.safe_load(text)
    assert config["BackendConfig"]["npuDeviceIds"] == [[0, 1]]
    model = config["BackendConfig"]["ModelDeployConfig"]["ModelConfig"][0]
    assert (model["modelName"], model["worldSize"], model["modelWeightPath"]) == ("qwen", 2, "/home/mind/model")
    mounted = {one["mountPath"]: one for one in made["spec"]["containers"][0]["volumeMounts"]}[
        "/etc/mindie/config.json"
    ]
    volume = next(one for one in made["spec"]["volumes"] if one["name"] == mounted["name"])
    item = next(one for one in volume["downwardAPI"]["items"] if one["path"] == mounted["subPath"])
    assert item["fieldRef"]["fieldPath"] == "metadata.annotations['aiapp.dev/file-0']"


def test_a_file_that_lacks_a_value_holds_the_version_and_names_the_parameter() -> None:
    why = held(plan(seen(MINDIE, A2, runtime={"parameters": {}})))
    assert why.reason is Reason.PARAMETER_MISSING
    assert why.message.endswith("/etc/mindie/config.json needs {contextLength}: set container.parameters.contextLength")


def test_files_too_long_for_pods_hold_the_version() -> None:
    files = [{"path": f"/{at}", "text": "{modelPath}" * 1400} for at in range(8)]
    why = held(plan(seen(MINDIE, A2, runtime={"files": files})))
    assert why.reason is Reason.SPEC_INVALID
    assert "spec.server.files of its InferenceRuntime have 179200 bytes" in why.message


def test_a_variable_of_the_user_s_comes_instead_of_the_runtime_s() -> None:
    env = server(MLSERVER, node(), env=[{"name": "MLSERVER_PARALLEL_WORKERS", "value": "2"}])["env"]
    assert [one["value"] for one in env if one["name"] == "MLSERVER_PARALLEL_WORKERS"] == ["2"]


def test_the_start_may_take_what_runtime_and_application_allow_together() -> None:
    def seconds(**serving: Any) -> int:
        probe = server(VLLM, A2, serving=serving)["startupProbe"]
        return int(probe["periodSeconds"] * probe["failureThreshold"])

    assert seconds() == 1800
    assert seconds(deployTimeoutSeconds=3600) == 3600


def test_a_pod_that_goes_answers_until_the_cluster_has_forgotten_it() -> None:
    assert server(MLSERVER, node())["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "20"]}}}
    assert "lifecycle" not in server(MLSERVER, node(), runtime={"stop": {"waitSeconds": 0}})
    asked = server(MINDIE, A2)["lifecycle"]["preStop"]["httpGet"]
    assert asked == {"path": "/stopService", "port": "management", "scheme": "HTTP"}


def test_what_runs_keeps_its_image_and_is_judged_by_the_nodes_for_it() -> None:
    first = plan(seen(VLLM, A2, npu={"count": 2}))
    revision = next(obj for obj in first.apply if obj["kind"] == "ControllerRevision")
    moved = seen(VLLM, A3, npu={"count": 2})
    after = plan(replace(moved, children=replace(moved.children, revisions=(revision,))))
    kept = next(one for one in after.rollouts)
    assert kept.candidate.compatibility.verdict.verdict == "Incompatible"  # type: ignore[union-attr]
    assert kept.template["spec"]["containers"][0]["image"].endswith("v0.23.0")  # type: ignore[union-attr]


def test_what_only_the_platform_s_server_hears_is_said() -> None:
    found = seen(MLSERVER, node(), serving={"limits": {"queue": 8}})
    running = replace(found, children=Children(deployments=(deployed(ready=1),)))
    said = next(one for one in assess(running, plan(running)).findings if one.type == "WorkloadsAvailable")
    assert "limits.queue has no effect: an image brings a server of its own" in said.message


def test_a_deployment_waits_as_long_as_its_server_may_take_to_start() -> None:
    def deadline(name: str, *fleet: dict[str, Any], **serving: Any) -> int:
        made = plan(seen(name, *fleet, serving=serving)).apply
        found = next(obj for obj in made if obj["kind"] == "Deployment")
        return int(found["spec"]["progressDeadlineSeconds"])

    assert deadline(VLLM, A2, deployTimeoutSeconds=601) == 1800
    assert deadline(VLLM, A2, deployTimeoutSeconds=3601) == 3601
    assert deadline(MLSERVER, node(), deployTimeoutSeconds=601) == 601


def test_a_pod_says_where_its_metrics_are_if_not_where_it_predicts() -> None:
    assert template(MLSERVER, node())["metadata"]["annotations"]["aiapp.dev/metrics-port"] == "metrics"
    assert "aiapp.dev/metrics-port" not in template(VLLM, A2)["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("server", "port"),
    [({"protocol": "Plain"}, "none"), ({"protocol": "Plain", "metrics": True}, None), ({"metrics": False}, "none")],
)
def test_a_pod_without_metrics_is_not_asked_for_them(server: dict[str, Any], port: str | None) -> None:
    annotations = template(VLLM, A2, runtime=server)["metadata"]["annotations"]
    assert annotations.get("aiapp.dev/metrics-port") == port


def test_a_server_is_in_the_group_of_the_devices_and_in_those_that_it_asks_for() -> None:
    groups = template(VLLM, A2, runtime={"groups": [1101, 1000]})["spec"]["securityContext"]["supplementalGroups"]
    assert groups == [1000, 1101]


def test_a_verdict_that_is_overruled_sends_no_image_to_the_chip_of_another() -> None:
    old = mindcluster("a3", "910C", driver="25.0.rc1", npus=16)
    found = template(VLLM, old, mindcluster("a", "910ProA"), npu={"count": 2}, serving={"compatibility": "Warn"})
    assert found["spec"]["containers"][0]["image"].endswith("-a3")
    terms = found["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    chips = [one for one in terms["nodeSelectorTerms"][0]["matchExpressions"] if one["key"].endswith("npu.chip.name")]
    assert all("910B3" in one["values"] and "910C" not in one["values"] for one in chips)
    assert chips
