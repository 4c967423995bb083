"""Weights in the layout of Hugging Face, over simulated nodes: described, refused or judged before any pod."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import registries
from tests.support.images import image
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, upload
from tests.support.sandbox import Sandbox
from tests.support.weights import folder, safetensors, sharded

from aiapp_sandbox.profiles import SimulatedNode

NPU = "huawei.com/Ascend910"
ENGINE = "vllm_0.9.1-cann_8.0.rc3-py_3.11-ubuntu_22.04-aarch64-snt9b"
SKLEARN = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
MEMORY = {"mind-cluster/npu-chip-memory": "1M"}


@pytest.fixture
def engine(kube: Kube) -> Iterator[Object]:
    """A runtime with a server of its own for the 910B."""
    server = {"protocol": "OpenAI", "command": ["serve", "{modelPath}"], "readiness": {"path": "/v1/models"}}
    body = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "InferenceRuntime",
        "metadata": {"name": ENGINE.replace("_", "-")},
        "spec": {"name": ENGINE, "image": "r/vllm:1", "server": server},
    }
    yield kube.apply(body)
    kube.delete(body)


@pytest.fixture
def nodes(sandbox: Sandbox) -> Iterator[Sandbox]:
    """NPUs with a megabyte each, so that the weights of a test are large."""
    labels = {"node.kubernetes.io/npu.chip.name": "910B4", "huawei.com/driver.version": "24.1.rc3", **MEMORY}
    with sandbox.simulated():
        sandbox.simulate(SimulatedNode(name="npu-1", arch="arm64", labels=labels, capacity={NPU: "8"}))
        yield sandbox


def test_weights_wait_for_an_engine_and_are_described_meanwhile(registry: Registry, engine: Object) -> None:
    upload(registry.bucket, "qwen", sharded())
    version = registry.version("qwen", runtime=SKLEARN)
    registry.until(version, "ArtifactPinned", "True")
    refused = registry.until(version, "RuntimeResolved", "False")
    assert "weights need an engine with a server of its own" in refused["message"]
    weights = registry.now(version)["status"]["model"]["weights"]
    assert (weights["architecture"], weights["tensorBytes"]) == ("Qwen2ForCausalLM", {"BF16": 32768, "F32": 256})
    registry.kube.patch(version, {"spec": {"runtime": ENGINE}})
    registry.until(version, "Ready", "True")


def test_a_damaged_shard_is_named_and_a_new_upload_mends_it(registry: Registry, engine: Object) -> None:
    upload(registry.bucket, "qwen", folder(model__safetensors=b"\x08" + b"\0" * 7 + b'{"a": 1}'))
    version = registry.version("qwen", runtime=ENGINE)
    refused = registry.until(version, "PackageValid", "False", "WeightsInvalid")
    assert "model.safetensors: tensor 'a' has not exactly dtype, shape and data_offsets" in refused["message"]
    upload(registry.bucket, "qwen", folder())
    registry.look_again(version, "mended")
    registry.until(version, "Ready", "True")


def test_too_little_memory_is_told_before_any_pod_with_the_number_that_would_do(
    registry: Registry, engine: Object, nodes: Sandbox
) -> None:
    upload(registry.bucket, "qwen", folder(model__safetensors=safetensors({"w": ("BF16", (1024, 1024))})))
    version = registry.version("qwen", runtime=ENGINE, container={"npu": {"count": 1}})
    judged = registry.until(version, "RuntimeCompatible", "False")
    assert (
        "MemoryTooSmall (npu-1: the weights take 2.0 MiB on an NPU in bfloat16, which has 1.0 MiB)" in judged["message"]
    )
    near = registry.now(version)["status"]["compatibility"]["nearFits"]
    assert [one["remedy"] for one in near if one["missing"] == "MemoryTooSmall"] == ["npu.count 4: 4 NPUs would do"]
    application = registry.application("qwen")
    registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    larger = registry.version("qwen", "1.1.0", runtime=ENGINE, container={"npu": {"count": 4}})
    registry.until(larger, "RuntimeCompatible", "True")


def test_a_folder_without_config_json_is_taken_when_its_runtime_has_a_server(registry: Registry, kube: Kube) -> None:
    upload(registry.bucket, "sums", {"model-settings.json": b"{}", "model.joblib": b"w"})
    version = registry.version("sums", runtime="mlserver_1.7.1-cpu-py_3.10-ubi_9-x86_64")
    registry.until(version, "PackageValid", "True")
    assert registry.now(version)["status"]["model"]["type"] == "Folder"
    other = registry.version("sums", "1.1.0")
    refused = registry.until(other, "PackageValid", "False", "ConfigMissing")
    assert "a runtime with a server of its own (spec.runtime) takes a folder without one" in refused["message"]


@pytest.mark.parametrize("files", [folder(), {"onnx/model.onnx": b"w"}], ids=["weights", "any folder"])
def test_an_image_of_ones_own_gets_weights_and_any_folder_as_they_are(
    registry: Registry, tmp_path: Path, files: dict[str, bytes]
) -> None:
    upload(registry.bucket, "own", files)
    with registries.running(tmp_path) as images:
        pinned = images.push("team/own", image(layers=[b"own"]), "1.0")
        container = {"image": f"{images.address}/team/own:1.0", "imageRegistry": {"plainHttp": True}}
        version = registry.version("own", container=container)
        registry.until(version, "Ready", "True")
    status = registry.now(version)["status"]
    assert (status["image"]["digest"], status["artifact"]["objects"]) == (pinned, len(files))
    assert status["model"]["type"] == ("HuggingFace" if "config.json" in files else "Folder")
