"""A version of weights: judged by what its import found and what its container asks for, before any pod."""

from dataclasses import replace
from typing import Any

from tests.support.fleet import TABLES, mindcluster, seen
from tests.support.records import application, fresh_version, normal_version, observed
from tests.unit.domain.version.test_plan import VALID, new

from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus
from aiapp.api.weights import WeightsStatus
from aiapp.domain.application.plan import plan as application_plan
from aiapp.domain.application.serving_compatibility import required
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.plan import plan

GIB = 1024**3
NAME = "vllm_0.9.1-cann_8.0.rc3-py_3.11-ubuntu_22.04-aarch64-snt9b"
NODE = mindcluster("npu-1", "910B3", driver="24.1.rc3")
WEIGHTS = WeightsStatus(
    format="Safetensors",
    bytes=140 * GIB,
    size="140.0 GiB",
    tensor_bytes={"BF16": 140 * GIB},
    attention_heads=64,
    key_value_heads=8,
    cache_values=163_840,
    context_length=131_072,
)
MODEL = ModelStatus(type="HuggingFace", algorithm="qwen2", weights=WEIGHTS)


def runtime(**parameters: Any) -> RuntimeSpec:
    server = {"command": ["serve"], "readiness": {"path": "/v1/models"}, "parameters": parameters}
    return RuntimeSpec.model_validate({"name": NAME, "image": "r/vllm:1", "server": server})


def imported(container: Json, entry: RuntimeSpec | None = None) -> Json:
    """`status.compatibility` at the end of an import."""
    record = fresh_version(spec__runtime=NAME, spec__container=container)
    known = {NAME: entry or runtime()}
    valid = replace(VALID, model=MODEL, runtime=None)
    made = plan(new(record=record, inspection=valid, catalogue=known, inventory=seen(NODE)))
    found: Json = made.report.status["compatibility"]
    return found


def test_at_the_import_too_few_npus_are_told_with_the_number_that_would_do() -> None:
    found = imported({"npu": {"count": 2}})
    assert (found["verdict"], found["reasons"][0]["reason"]) == ("Incompatible", "MemoryTooSmall")
    assert found["nearFits"][0]["remedy"] == "npu.count 4: 4 NPUs would do"
    assert imported({"npu": {"count": 4}})["verdict"] == "Compatible"


def test_the_context_of_the_version_counts_before_the_runtimes_and_the_models() -> None:
    def context(container: Json, entry: RuntimeSpec) -> int:
        record = normal_version(spec__container={"npu": {"count": 4}, **container})
        (needed,) = required(record.spec, None, None, entry, TABLES, MODEL)
        assert needed.memory is not None
        return needed.memory.context

    assert context({}, runtime()) == 131_072
    assert context({}, runtime(contextLength=8192)) == 8192
    assert context({"parameters": {"contextLength": 1024}}, runtime(contextLength=8192)) == 1024


def test_warn_overrules_the_memory_and_the_pods_may_go_there() -> None:
    raw = normal_version(spec__container={"npu": {"count": 2}}).raw
    status = {**raw["status"], "runtime": {"name": NAME, "lifecycle": "Supported", "image": "r/vllm:1"}}
    status["model"] = MODEL.model_dump(by_alias=True, exclude_none=True)
    record = VersionRecord.parse({**raw, "status": status})

    def rolled_out(**spec: str) -> list[str]:
        sight = observed(application(**spec), record, fleet=(NODE,))
        sight = replace(sight, context=replace(sight.context, runtimes={NAME: runtime()}))
        return [one["kind"] for one in application_plan(sight).apply]

    assert "Deployment" not in rolled_out()
    assert "Deployment" in rolled_out(spec__serving__compatibility="Warn")
