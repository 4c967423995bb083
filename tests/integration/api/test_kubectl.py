"""What kubectl shows of our kinds: explanations, names, columns, selectors; and that a status is kept whole."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from tests.support.documents import Document, application, changed, runtime, template, version
from tests.support.kube import Kube

from aiapp.api import crd
from aiapp.api.application_status import ApplicationStatus, Traffic, TrafficChange, VersionSummary
from aiapp.api.artifact import ManifestReference, PackageArtifact
from aiapp.api.events import PastEvent
from aiapp.api.history import Configuration, ServedThen
from aiapp.api.image import ImageHints, ImagePlatform, ImageStatus
from aiapp.api.meta import GROUP_VERSION, ApiModel, Condition
from aiapp.api.provenance import Dataset, ProvenanceRecord, ProvenanceStatus, TrainingImage, TrainingNode
from aiapp.api.runtime import RuntimeObjectStatus
from aiapp.api.schema import nodes
from aiapp.api.steps import RolloutProgress, RolloutState, Share
from aiapp.api.template import TemplateObjectStatus
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import (
    ApiStatus,
    CompatibilityStatus,
    HealthStatus,
    ModelStatus,
    NearFit,
    ReasonCount,
    RuntimeStatus,
    SourceStatus,
    TemplateStatus,
    VersionStatus,
)
from aiapp.api.weights import WeightsStatus

ROOT = Path(__file__).parents[3]
CRDS = ROOT / "crds"
SAMPLES = ROOT / "manifests" / "samples"
Kubectl = Callable[..., CompletedProcess[str]]

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PIN = f"sha256:{'ab' * 32}"
READY = Condition(
    type="Ready", status="True", reason="Normal", message="All good.", last_transition_time=NOON, observed_generation=1
)
HAPPENED = PastEvent(time=NOON, first_time=NOON, type="Warning", reason="AccessDenied", message="no key", count=2)
VERSION_STATUS = VersionStatus(
    observed_generation=1,
    phase="Normal",
    source=SourceStatus(
        type="Obs",
        uri="obs://models/mnist/1.0.0/",
        listing=PIN,
        resolved_at=NOON,
        training_job=TrainingJobStatus(
            api_version="batch/v1",
            kind="Job",
            name="train-mnist",
            uid="4b1c",
            state="Succeeded",
            started_at=NOON,
            finished_at=NOON,
            built_in=True,
            output="obs://models/mnist/run-7/",
        ),
        template=TemplateStatus(name="sklearn", mode="PredictiveAnalytics", deployment_types=("RealTime", "Batch")),
    ),
    artifact=PackageArtifact(
        pin=PIN,
        objects=3,
        bytes=5_000_000_000,
        size="4.7 GiB",
        manifest_ref=ManifestReference(name="mnist-manifest", parts=2),
        verification="SHA256",
        digest=PIN,
        digest_from="Fetch",
        verified_at=NOON,
    ),
    model=ModelStatus(
        type="PyTorch",
        algorithm="image_classification",
        metrics={"f1": "0.97"},
        apis=(ApiStatus(method="POST", url="/", request_content_type="a/b", response_content_type="c/d"),),
        dependencies=("numpy==1.26.0",),
        health=HealthStatus(
            check_method="EXEC",
            url="/health",
            command="true",
            initial_delay_seconds=1,
            period_seconds=1,
            timeout_seconds=1,
            failure_threshold=1,
        ),
        runtime="python3.7",
        repaired=("procotol read as protocol",),
        weights=WeightsStatus(
            format="Safetensors",
            architecture="Qwen2ForCausalLM",
            dtype="bfloat16",
            context_length=32768,
            parameters=7_615_616_512,
            bytes=15_231_233_024,
            size="14.2 GiB",
            tensor_bytes={"BF16": 15_231_233_024},
            quantization="awq",
            license="apache-2.0",
            license_file="LICENSE",
            tokenizer=True,
            layers=28,
            attention_heads=28,
            key_value_heads=4,
            cache_values=28_672,
        ),
    ),
    runtime=RuntimeStatus(
        protocol="OpenAI",
        name="pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64",
        engine="pytorch 2.1.0",
        hardware="CPU",
        python="3.11",
        os="debian 12",
        architecture="amd64",
        image="localhost/pytorch:1",
        lifecycle="Supported",
    ),
    image=ImageStatus(
        reference="registry.example.com/team/mnist:1",
        image=f"registry.example.com/team/mnist@{PIN}",
        digest=PIN,
        platforms=(ImagePlatform(os="linux", architecture="arm64", variant="v8", digest=PIN, bytes=5_000_000_000),),
        bytes=5_000_000_000,
        size="4.7 GiB",
        entrypoint=("/serve",),
        port=8080,
        user="1000",
        hints=ImageHints(hardware="CANN", certain=True, cann="8.5.0", chips=("Ascend910B",), origin="CANN_VERSION"),
        replicated=True,
    ),
    compatibility=CompatibilityStatus(
        verdict="Compatible",
        nodes=3,
        compatible=2,
        reasons=(ReasonCount(reason="ArchitectureMismatch", nodes=1, detail="arm64, not amd64", examples=("node-a",)),),
        near_fits=(NearFit(missing="Tainted", nodes=1, examples=("node-a",), remedy="tolerate it"),),
    ),
    provenance=ProvenanceStatus(
        record=ProvenanceRecord(name="aiapp-provenance-ab", digest=PIN),
        created_by="CronJob nightly",
        created_at=NOON,
        repository="https://git.example.com/mnist",
        revision="c0ffee",
        images=(TrainingImage(image="registry.example.com/train:7", digest=PIN),),
        datasets=(Dataset(name="mnist", uri="obs://data/mnist/v3", digest=PIN),),
        nodes=(TrainingNode(name="node-a", architecture="arm64", chip="910B3", driver="24.1.rc2", firmware="7.5"),),
    ),
    used_by=("mnist",),
    last_handled_reconcile_at="once",
    events=(HAPPENED,),
    conditions=(READY,),
)
APPLICATION_STATUS = ApplicationStatus(
    observed_generation=1,
    phase="Running",
    versions=(
        VersionSummary(
            version="1.0.0",
            phase="Normal",
            created=NOON,
            source_type="Obs",
            bytes=5_000_000_000,
            runtime="pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64",
            verdict="Compatible",
            weight=100,
            rolled_out_at=NOON,
        ),
    ),
    latest_version="1.0.0",
    latest_ready_version="1.0.0",
    version_count=2,
    ready_version_count=1,
    traffic=(Traffic(version="1.0.0", weight=100, actual_weight=100, replicas=2, ready=1, reason="Starting"),),
    traffic_log=(TrafficChange(time=NOON, before={}, after={"1.0.0": 100}, cause="1.0.0 became ready", generation=1),),
    served="1.0.0",
    history=(
        Configuration(
            revision=2,
            generation=7,
            time=NOON,
            manager="kubectl-edit",
            outcome="Succeeded",
            versions=(ServedThen(version="1.0.0", weight=100, replicas=2),),
            serving='{"versions":[{"version":"1.0.0"}]}',
        ),
    ),
    started_at=NOON,
    auto_stop_at=NOON,
    last_handled_start_at="once",
    rollout=RolloutProgress(
        id="1a2b",
        from_=(Share(version="1.0.0", weight=100, replicas=2),),
        to=(Share(version="1.1.0", weight=100, replicas=2),),
        step=1,
        steps=2,
        percent=50,
        state=RolloutState.PAUSED,
        since=NOON,
        summary="step 1 of 2, paused",
        message="goes on by itself",
    ),
    url="http://mnist.default.svc:8080/",
    replicas=2,
    ready_replicas=1,
    selector="aiapp.dev/application=mnist",
    events=(HAPPENED,),
    conditions=(READY,),
)
RUNTIME_STATUS = RuntimeObjectStatus(
    observed_generation=1,
    engine="pytorch 2.1.0",
    hardware="CPU",
    python="3.11",
    os="debian 12",
    architecture="amd64",
    chip="910B",
    pod_security="baseline",
    conditions=(READY,),
)
TEMPLATE_STATUS = TemplateObjectStatus(observed_generation=1, conditions=(READY,))
RUNTIME = changed(runtime("columns_1.0.0-cpu-py_3.11-debian_12-x86_64"), spec__image="localhost/columns:1")
STATUSES = [
    pytest.param(application(), APPLICATION_STATUS, id="application"),
    pytest.param(version(), VERSION_STATUS, id="version"),
    pytest.param(RUNTIME, RUNTIME_STATUS, id="runtime"),
    pytest.param(template("status"), TEMPLATE_STATUS, id="template"),
]
KINDS = [pytest.param(kind, id=kind.name) for kind in crd.KINDS]


def dumped(status: ApiModel) -> Document:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def shown(kube: Kube, document: Document, status: ApiModel, namespace: str) -> Document:
    """The object as it is after its status was written."""
    kept = kube.apply(document, namespace)
    return kube.patch_status(kept, dumped(status))


def rows(kubectl: Kubectl, *arguments: str) -> list[dict[str, str]]:
    """The printed table, a mapping from heading to cell for each line (no cell of ours has two spaces in it)."""
    lines = kubectl("get", *arguments).stdout.splitlines()
    heads = lines[0].split()
    starts = [lines[0].index(f" {head} ") + 1 if index else 0 for index, head in enumerate([*heads[:-1]])]
    starts.append(len(lines[0]) - len(heads[-1]))
    ends: list[int | None] = [*starts[1:], None]
    cells = [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines[1:]]
    return [dict(zip(heads, line, strict=True)) for line in cells]


@pytest.mark.parametrize(("document", "status"), STATUSES)
def test_no_field_that_the_operator_writes_into_a_status_is_dropped(
    kube: Kube, namespace: str, document: Document, status: ApiModel
) -> None:
    assert shown(kube, document, status, namespace)["status"] == dumped(status)
    assert set(type(status).model_fields) == status.model_fields_set


@pytest.mark.parametrize(("document", "status"), STATUSES)
def test_a_status_given_with_the_object_is_ignored(
    kube: Kube, namespace: str, document: Document, status: ApiModel
) -> None:
    body = changed(document, metadata__name=document["metadata"]["name"], status=dumped(status))
    if body["kind"] == "InferenceRuntime":
        body = changed(body, metadata__name=(name := f"ignored-{namespace}"), spec__name=name)
    if body["kind"] == "InferenceTemplate":
        body = changed(body, metadata__name=f"ignored-{namespace}")
    (ready,) = kube.create(body, namespace)["status"]["conditions"]
    assert (ready["status"], ready["message"]) == ("Unknown", "the operator has not looked at it yet")


def test_the_columns_of_an_application(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, application(), APPLICATION_STATUS, namespace)
    (row,) = rows(kubectl, "aiapp", "-n", namespace, "-o", "wide")
    assert row.pop("AGE")
    assert row == {
        "NAME": "mnist",
        "SERVING": "1.0.0",
        "PHASE": "Running",
        "READY": "True",
        "REASON": "Normal",
        "REPLICAS": "2",
        "AVAILABLE": "1",
        "ROLLOUT": "step 1 of 2, paused",
        "LATEST": "1.0.0",
        "VERSIONS": "2",
        "URL": "http://mnist.default.svc:8080/",
    }


def test_the_columns_of_a_version(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, version(), VERSION_STATUS, namespace)
    (row,) = rows(kubectl, "aiappv", "-n", namespace)
    assert row.pop("AGE")
    assert row == {
        "NAME": "mnist-1.0.0",
        "MODEL": "PyTorch",
        "COMPATIBLE": "Compatible",
        "PHASE": "Normal",
        "READY": "True",
        "REASON": "Normal",
        "SIZE": "4.7 GiB",
        "USED-BY": "mnist",
    }
    (wide,) = rows(kubectl, "aiappv", "-n", namespace, "-o", "wide")
    assert (wide["RUNTIME"], wide["LIFECYCLE"], wide["PIN"]) == (
        "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64",
        "Supported",
        PIN,
    )


def test_the_columns_of_a_runtime(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    name = RUNTIME["metadata"]["name"]
    shown(kube, RUNTIME, RUNTIME_STATUS, namespace)
    (row,) = rows(kubectl, "infrt", name)
    assert row.pop("AGE")
    assert row == {
        "NAME": name,
        "LIFECYCLE": "Supported",
        "IMAGE": "localhost/columns:1",
        "ARCH": "amd64",
        "HARDWARE": "CPU",
    }


def test_the_plural_of_the_short_name_means_applications_alone(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    kube.apply(application(), namespace)
    kube.apply(version(), namespace)
    assert kubectl("get", "aiapps", "mnist", "-n", namespace, "-o", "name").stdout.split() == [
        "aiapplication.aiapp.dev/mnist"
    ]
    deleted = kubectl("delete", "aiapps", "--all", "-n", namespace, "--dry-run=server", "-o", "name").stdout.split()
    assert deleted == ["aiapplication.aiapp.dev/mnist"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        pytest.param("spec.application=mnist", ["mnist-1.0.0", "mnist-1.1.0"], id="one application"),
        pytest.param("spec.version=1.0.0", ["iris-1.0.0", "mnist-1.0.0"], id="one version number"),
        pytest.param("spec.application=mnist,spec.version=1.1.0", ["mnist-1.1.0"], id="both"),
    ],
)
def test_versions_are_selected_by_field(
    kube: Kube, kubectl: Kubectl, namespace: str, selector: str, found: list[str]
) -> None:
    for each in (version("mnist", "1.0.0"), version("mnist", "1.1.0"), version("iris", "1.0.0")):
        kube.apply(each, namespace)
    answer = kubectl("get", "aiappv", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
    assert sorted(line.rpartition("/")[2] for line in answer.split()) == found


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        pytest.param("status.phase=Normal", ["mnist-1.0.0"], id="phase"),
        pytest.param("status.phase=Importing,spec.application=mnist", ["mnist-1.1.0"], id="not looked at yet"),
        pytest.param("status.model.type=PyTorch", ["mnist-1.0.0"], id="engine"),
        pytest.param("status.runtime.name=pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64", ["mnist-1.0.0"], id="runtime"),
        pytest.param("status.compatibility.verdict!=Compatible", ["mnist-1.1.0"], id="no verdict"),
    ],
)
def test_versions_are_selected_by_what_became_of_them(
    kube: Kube, kubectl: Kubectl, namespace: str, selector: str, found: list[str]
) -> None:
    shown(kube, version("mnist", "1.0.0"), VERSION_STATUS, namespace)
    kube.apply(version("mnist", "1.1.0"), namespace)
    answer = kubectl("get", "aiappv", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
    assert sorted(line.rpartition("/")[2] for line in answer.split()) == found


def test_applications_are_selected_by_phase(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, application(), APPLICATION_STATUS, namespace)
    kube.apply(application("iris"), namespace)
    for selector, found in (("status.phase=Running", "mnist"), ("status.phase!=Running", "iris")):
        answer = kubectl("get", "aiapp", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
        assert answer.split() == [f"aiapplication.aiapp.dev/{found}"]


@pytest.mark.parametrize("kind", KINDS)
def test_explain_names_every_field(kubectl: Kubectl, kind: crd.Kind) -> None:
    text = kubectl("explain", kind.short_names[0], "--recursive").stdout
    words = set(text.split())
    fields = {name for _, node in nodes(crd.schema(kind)) for name in node.get("properties", {})}
    assert fields - words == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_publishes_a_description_of_every_field(kube: Kube, kind: crd.Kind) -> None:
    page = kube.request("GET", f"/openapi/v3/apis/{GROUP_VERSION}")["components"]["schemas"]
    published: dict[str, Any] = page[f"dev.aiapp.v1alpha1.{kind.name}"]
    ours = {part: published["properties"][part] for part in ("spec", "status")}
    undescribed = [
        f"{path}.{name}"
        for part, schema in ours.items()
        for path, node in nodes(schema, part)
        for name, child in node.get("properties", {}).items()
        if not child.get("description")
    ]
    assert undescribed == []


def test_explain_prints_the_docstring_of_a_field(kubectl: Kubectl) -> None:
    text = " ".join(kubectl("explain", "aiappv.spec.source.obs.addressing").stdout.split())
    assert "How the bucket is named in requests: in the host (Virtual) or in the path (Path)." in text


def test_templates_are_listed_with_what_they_expect(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, template("listed"), TEMPLATE_STATUS, namespace)
    (row,) = rows(kubectl, "inftpl", "listed")
    assert {head: row[head] for head in ("ENGINE", "MODE", "READY")} == {
        "ENGINE": "Scikit_Learn",
        "MODE": "PredictiveAnalytics",
        "READY": "True",
    }


def test_the_folder_installs_by_apply_and_by_kustomize(kubectl: Kubectl) -> None:
    for flag in ("-f", "-k"):
        done = kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", flag, str(CRDS))
        assert done.stdout.count("serverside-applied") == len(crd.KINDS)


def test_the_samples_are_accepted(kubectl: Kubectl, namespace: str) -> None:
    done = kubectl("apply", "--server-side", "--dry-run=server", "-n", namespace, "-f", str(SAMPLES))
    assert done.stdout.count("aiapp.dev/") == 10
    assert done.stdout.count("networkpolicy.networking.k8s.io/") == 3
    assert done.stdout.count("validatingadmissionpolicy") == 6
