"""A status of each kind in which every field is set."""

from datetime import UTC, datetime

import pytest
from tests.support.documents import application, changed, runtime, template, version

from aiapp.api.application_status import ApplicationStatus, Traffic, TrafficChange, VersionSummary
from aiapp.api.artifact import ManifestReference, PackageArtifact
from aiapp.api.events import PastEvent
from aiapp.api.history import Configuration, ServedThen
from aiapp.api.image import ImageHints, ImagePlatform, ImageStatus
from aiapp.api.meta import Condition
from aiapp.api.provenance import Dataset, ProvenanceRecord, ProvenanceStatus, TrainingImage, TrainingNode
from aiapp.api.runtime import RuntimeObjectStatus
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
