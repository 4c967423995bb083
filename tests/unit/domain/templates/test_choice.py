"""What a version may choose of a template, and what of a template no version can use."""

import json
from typing import Any

import pytest
from tests.support import documents

from aiapp.api.conditions import Reason
from aiapp.api.source import TemplateSource
from aiapp.api.template import Mode, TemplateSpec
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.templates.choice import Choice, choice, deployment_types, template_faults


def spec(**fields: Any) -> TemplateSpec:
    given = {key: value for key, value in (documents.template()["spec"] | fields).items() if value is not None}
    return TemplateSpec.model_validate(given)


def source(mode: Mode | None = None, **inputs: str) -> TemplateSource:
    folders = [{"name": name, "uri": uri} for name, uri in (inputs or {"model": "obs://models/iris/"}).items()]
    return TemplateSource.model_validate({"name": "tables", "inputs": folders, "mode": mode})


def chosen(made: TemplateSpec, asked: TemplateSource) -> Choice:
    found = choice("tables", made, asked)
    assert isinstance(found, Choice)
    return found


@pytest.mark.parametrize(
    ("mode", "algorithm", "request_type"),
    [
        ("ObjectDetection", "object_detection", "multipart/form-data"),
        ("ImageProcessing", "image_classification", "multipart/form-data"),
        ("PredictiveAnalytics", "predict_analysis", "application/json"),
    ],
)
def test_a_mode_makes_the_config_that_a_package_would_have(mode: Mode, algorithm: str, request_type: str) -> None:
    config = json.loads(chosen(spec(mode=mode), source()).files["config.json"])
    assert config["model_algorithm"] == algorithm
    assert (config["model_type"], config["runtime"]) == ("Scikit_Learn", spec().runtime)
    (api,) = config["apis"]
    assert (api["url"], api["method"], api["request"]["Content-type"]) == ("/", "post", request_type)


def test_of_an_undefined_mode_nothing_is_said_and_there_is_no_batch() -> None:
    found = chosen(spec(overridable=True), source("Undefined"))
    assert "apis" not in json.loads(found.files["config.json"])
    assert found.status.deployment_types == ("RealTime",)


def test_a_version_chooses_a_mode_where_the_template_lets_it() -> None:
    assert chosen(spec(overridable=True), source("ObjectDetection")).status.mode == "ObjectDetection"
    assert chosen(spec(), source("PredictiveAnalytics")).status.mode == "PredictiveAnalytics"
    refused = choice("tables", spec(), source("ObjectDetection"))
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.MODE_NOT_OVERRIDABLE


def test_a_templates_own_config_is_taken_to_the_byte() -> None:
    text = '{"model_type": "sklearn",  "model_algorithm": "x"}'
    found = chosen(spec(mode=None, files={"config.json": text}), source())
    assert found.files == {"config.json": text.encode()}
    assert (found.mode, found.handler) == (None, None)


def test_the_same_template_makes_the_same_bytes() -> None:
    made = [chosen(spec(), source()).files["config.json"] for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": None, "files": {"config.json": "{"}}, "config.json"),
        (
            {"mode": None, "files": {"config.json": '{"model_type": "PyTorch", "model_algorithm": "x"}'}},
            "config.json names the model_type PyTorch, engine is Scikit_Learn",
        ),
        ({"files": {"a.txt": "é" * 40000}}, "files, a.txt: it has 80000 bytes; at most 65536 are kept"),
        ({"handlers": {"undefined": "é" * 40000}}, "handlers, Undefined: it has 80000 bytes"),
        ({"files": {".aiapp-fetch/x": ""}}, "reserved for the download"),
        (
            {"inputs": [{"name": "model", "target": "config.json"}]},
            "inputs, model: its target is config.json, which the template itself has",
        ),
        (
            {"inputs": [{"name": "model", "target": "a"}, {"name": "labels", "target": "a/b/"}]},
            "inputs, labels: a is a file, below which nothing can lie",
        ),
        (
            {"files": {"a/b.py": ""}, "inputs": [{"name": "model", "target": "a"}]},
            "files, a/b.py: a is a file, below which nothing can lie",
        ),
    ],
)
def test_what_no_version_can_use_is_named(fields: dict[str, Any], words: str) -> None:
    assert words in "; ".join(template_faults(spec(**fields)))
    refused = choice("tables", spec(**fields), source())
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.TEMPLATE_INVALID


def test_of_two_inputs_in_one_place_a_version_may_name_one_where_it_may_leave_the_other_out() -> None:
    inputs = [{"name": "model", "target": "a"}, {"name": "labels", "target": "a/b/", "required": False}]
    assert not list(template_faults(spec(inputs=inputs)))


def test_inputs_that_are_missing_or_unknown_are_named_with_those_there_are() -> None:
    described = spec(inputs=[{"name": "model", "description": "The file"}, {"name": "code", "target": "code/"}])
    missing = choice("tables", described, source(code="obs://models/code/"))
    unknown = choice("tables", described, source(model="obs://models/iris/", labels="obs://models/iris/"))
    assert isinstance(missing, Refusal)
    assert isinstance(unknown, Refusal)
    assert (missing.reason, unknown.reason) == (Reason.INPUT_MISSING, Reason.INPUT_UNKNOWN)
    assert "model (The file)" in missing.message
    assert "has no input labels: it has model, code" in unknown.message


@pytest.mark.parametrize(
    ("mode", "wanted", "found"),
    [
        ("PredictiveAnalytics", None, ("RealTime", "Batch")),
        ("PredictiveAnalytics", ("Batch",), ("Batch",)),
        ("Undefined", ("Batch",), ("RealTime",)),
        (None, None, ("RealTime", "Batch")),
    ],
)
def test_a_package_is_deployed_as_the_mode_lets_it(mode: Mode | None, wanted: Any, found: Any) -> None:
    assert deployment_types(spec(deploymentTypes=wanted), mode) == found
