"""config.json, rule by rule: what is accepted, what is repaired and reported, and how it is read."""

from typing import Any

import pytest
from tests.support.configs import model, read

from aiapp.api.version import ApiStatus, HealthStatus, ModelStatus
from aiapp.domain.package.config import PackageConfig, read_config


def api(**fields: Any) -> ApiStatus:
    return model(apis=[fields]).apis[0]


def packages(*items: Any) -> tuple[str, ...] | None:
    return model(dependencies=[{"installer": "pip", "packages": list(items)}]).dependencies


def test_only_algorithm_and_type_are_needed() -> None:
    found = read()
    assert isinstance(found, PackageConfig)
    assert (found.model, found.runtime) == (ModelStatus(type="PyTorch", algorithm="image_classification"), None)


def test_unknown_keys_are_ignored() -> None:
    assert model(tunable="x", execution_code="obs://x", request={}).repaired is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param("pytorch", "PyTorch", id="case"),
        pytest.param("Scikit-learn", "Scikit_Learn", id="hyphen for underscore"),
        pytest.param("scikit learn", "Scikit_Learn", id="blank for underscore"),
        pytest.param("Mindspore", "MindSpore", id="MindSpore"),
        pytest.param("Customize", "Custom", id="the older name of Custom"),
    ],
)
def test_a_model_type_is_known_however_it_is_spelt(written: str, name: str) -> None:
    found = model(model_type=written)
    assert found.type == name
    assert found.repaired == (f"/model_type: {written!r} read as {name}",)


def test_encoding_and_comments_are_told_among_the_repairs() -> None:
    text = '// 说明\n{"model_algorithm": "x", "model_type": "PyTorch"}'
    found = read_config(text.encode("gbk"), "config.json")
    assert isinstance(found, PackageConfig)
    assert found.model.repaired == (
        "read as GB18030 since it is not UTF-8",
        "line 1 column 1: comments ignored",
    )


@pytest.mark.parametrize(
    ("written", "runtime", "reported"),
    [
        pytest.param("python3.6", "python3.6", False, id="an old name"),
        pytest.param(" python3.6\n", "python3.6", False, id="blanks around it"),
        pytest.param("", None, False, id="empty"),
        pytest.param(None, None, False, id="null"),
        pytest.param(3.6, None, True, id="a number is no name, which is reported"),
    ],
)
def test_a_runtime_never_refuses_a_package(written: object, runtime: str | None, *, reported: bool) -> None:
    found = read(runtime=written)
    assert isinstance(found, PackageConfig)
    assert found.runtime == runtime
    assert (found.model.repaired is not None) is reported


@pytest.mark.parametrize(
    ("written", "metrics"),
    [
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="empty"),
        pytest.param({"f1": 1, "recall": 0.5}, {"f1": "1", "recall": "0.5"}, id="numbers"),
        pytest.param({"accuracy": "0.970"}, {"accuracy": "0.97"}, id="a number as text"),
        pytest.param({"mAP": 12.5}, {"mAP": "12.5"}, id="another name, beyond 1"),
        pytest.param({"f1": "", "recall": None}, None, id="empty values are left out"),
        pytest.param({"\x00": 1, "f1": 1}, {"f1": "1"}, id="a name that cannot be shown is left out"),
    ],
)
def test_metrics_are_numbers_as_text(written: object, metrics: dict[str, str] | None) -> None:
    assert model(metrics=written).metrics == metrics


def test_apis_have_the_documented_defaults() -> None:
    assert model().apis == ()
    assert api() == ApiStatus(method="POST", url="/")
    assert api(request={}, response={}) == ApiStatus(
        method="POST", url="/", request_content_type="application/json", response_content_type="application/json"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("applicaton/json", "application/json", id="applicaton"),
        pytest.param("multipart/from-data", "multipart/form-data", id="from-data"),
        pytest.param("multipart/json", "application/json", id="multipart/json"),
        pytest.param("Application/JSON; charset=utf-8", "application/json", id="case and parameters"),
        pytest.param(["x"], "application/json", id="no text"),
        pytest.param("image/png", "image/png", id="others are kept"),
    ],
)
def test_content_types_are_normalised(written: object, meant: str) -> None:
    assert api(request={"content-Type": written}).request_content_type == meant


def test_a_response_inside_the_request_is_found() -> None:
    found = model(apis={"request": {"response": {"Content-type": "text/plain"}}})
    assert found.apis[0].response_content_type == "text/plain"
    assert found.repaired == (
        "/apis: an object read as a list of one",
        "/apis/0/request/response: read as /apis/0/response",
    )


@pytest.mark.parametrize(
    ("package", "requirement"),
    [
        pytest.param({"package_name": "numpy"}, "numpy", id="any version"),
        pytest.param(
            {"package_name": "numpy", "package_version": "", "restraint": "EXACT"}, "numpy", id="empty version"
        ),
        pytest.param({"package_name": "a", "package_version": "1.0", "restraint": "EXACT"}, "a==1.0", id="EXACT"),
        pytest.param({"package_name": "a", "package_version": "1.0", "restraint": "ATLEAST"}, "a>=1.0", id="ATLEAST"),
        pytest.param({"package_name": "a", "package_version": "1.0", "restraint": "atmost"}, "a<=1.0", id="atmost"),
        pytest.param({"package_name": "a", "package_version": "1.0", "restraint": ">="}, "a>=1.0", id="an operator"),
        pytest.param({"package_name": "a", "package_version": "1.0", "restraint": None}, "a==1.0", id="no restraint"),
        pytest.param({"package_name": "a", "package_version": 1.5, "restraint": "EXACT"}, "a==1.5", id="a number"),
        pytest.param({"package_name": "a[b,c]"}, "a[b,c]", id="extras"),
        pytest.param({"package_name": "a == 1.0"}, "a==1.0", id="a requirement as name"),
        pytest.param(
            {"package_name": "wheels/x-1.0-py3-none-any.whl"}, "./wheels/x-1.0-py3-none-any.whl", id="a wheel"
        ),
        pytest.param({"package_name": "/home/mind/model/x.whl"}, "./x.whl", id="a wheel by its path in the pod"),
        pytest.param({"package_name": "requirements.txt"}, "-r ./requirements.txt", id="a requirements file"),
        pytest.param(
            {"package_name": "-r ./etc/requirements-cpu.txt"}, "-r ./etc/requirements-cpu.txt", id="as for pip"
        ),
        pytest.param(
            {"package_name": "/home/mind/model/requirements.txt"}, "-r ./requirements.txt", id="by its path in the pod"
        ),
    ],
)
def test_dependencies_become_pip_requirements(package: dict[str, Any], requirement: str) -> None:
    assert packages(package) == (requirement,)


def test_groups_of_dependencies_keep_their_order() -> None:
    groups = [{"installer": "pip", "packages": [{"package_name": name}]} for name in ("b", "a")]
    assert model(dependencies=groups).dependencies == ("b", "a")


@pytest.mark.parametrize("written", [None, [], {}, [{}], [{"packages": None}]])
def test_no_dependencies_in_any_form(written: object) -> None:
    assert model(dependencies=written).dependencies is None


def test_an_entry_of_a_template_that_nobody_filled_in_is_left_out() -> None:
    blank = {"package_name": "", "package_version": "", "restraint": ""}
    found = model(dependencies=[{"installer": "pip", "packages": [blank, {"package_name": "numpy"}]}])
    assert found.dependencies == ("numpy",)
    assert found.repaired == ("/dependencies/0/packages/0: empty: left out",)


@pytest.mark.parametrize("written", [None, "", [], [{}]])
def test_an_empty_request_says_nothing(written: object) -> None:
    assert api(request=written).request_content_type == ("application/json" if written == [{}] else None)


def test_readiness_is_health_where_no_health_is_declared() -> None:
    found = model(readiness_health={"url": "/ready"}, startup_health={"url": "/start"})
    assert found.health == HealthStatus(url="/ready")
    assert found.repaired == (
        "/startup_health: not used: a start may take as long as the deployment",
        "/readiness_health: read as health",
    )


def test_the_config_of_an_image_names_it_and_may_have_apis_of_any_path() -> None:
    found = read(model_type="Image", swr_location=" swr.example/team/x:1 ", apis=[{"url": "/predict"}])
    assert isinstance(found, PackageConfig)
    assert (found.read.image, [api.url for api in found.model.apis]) == ("swr.example/team/x:1", ["/predict"])


def test_a_chinese_algorithm_is_accepted_with_a_warning_that_the_platform_refuses_it() -> None:
    found = read(model_algorithm="图像分类")
    assert isinstance(found, PackageConfig)
    assert (found.model.algorithm, found.model.repaired) == ("图像分类", None)
    (diagnostic,) = found.diagnostics
    assert (diagnostic.severity, diagnostic.pointer) == ("warning", "/model_algorithm")
    assert "no Chinese characters" in diagnostic.message


@pytest.mark.parametrize("engine", ["Spark_MLlib", "Caffe", "MXNet"])
def test_an_engine_that_the_model_server_does_not_know_is_warned_of(engine: str) -> None:
    found = read(model_type=engine)
    assert isinstance(found, PackageConfig)
    assert found.model.repaired is None
    (diagnostic,) = found.diagnostics
    assert (diagnostic.severity, diagnostic.pointer) == ("warning", "/model_type")
    assert f"the model server has no {engine} of its own" in diagnostic.message


def test_health_takes_numbers_as_text() -> None:
    written = {"url": "/health", "procotol": "http", "period_seconds": "5", "initial_delay_seconds": 12.0}
    assert model(health=written).health == HealthStatus(url="/health", period_seconds=5, initial_delay_seconds=12)
