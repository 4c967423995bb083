"""config.json, rule by rule: what is accepted, what is repaired and reported, what is refused and in which words."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.api.conditions import Reason
from aiapp.api.version import ApiStatus, HealthStatus, ModelStatus
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.config import MAX_CONFIG_BYTES

MINIMAL = {"model_algorithm": "image_classification", "model_type": "PyTorch"}


def read(**fields: Any) -> PackageConfig | Refusal:
    return read_config(json.dumps({**MINIMAL, **fields}).encode(), "model/config.json")


def model(**fields: Any) -> ModelStatus:
    found = read(**fields)
    assert isinstance(found, PackageConfig), found
    return found.model


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


@pytest.mark.parametrize(
    ("fields", "reason", "message"),
    [
        pytest.param(
            {"model_type": "Foo"},
            Reason.MODEL_TYPE_UNSUPPORTED,
            "model/config.json /model_type: 'Foo' is not one of TensorFlow, PyTorch, MindSpore, ONNX, Scikit_Learn, "
            "XGBoost, Spark_MLlib, Caffe, MXNet, Custom, Image",
            id="unknown model_type",
        ),
        pytest.param(
            {"model_type": 7},
            Reason.MODEL_TYPE_UNSUPPORTED,
            "/model_type: 7 is not one of",
            id="model_type is a number",
        ),
        pytest.param({"model_type": None}, Reason.CONFIG_INVALID, "/model_type is missing", id="model_type missing"),
        pytest.param(
            {"model_algorithm": None},
            Reason.CONFIG_INVALID,
            "model/config.json /model_algorithm is missing: for example image_classification",
            id="model_algorithm missing",
        ),
        pytest.param(
            {"model_algorithm": "1st"},
            Reason.CONFIG_INVALID,
            "/model_algorithm: '1st' must be a text that starts with a letter",
            id="algorithm starts with a digit",
        ),
        pytest.param(
            {"model_algorithm": "a" * 37},
            Reason.CONFIG_INVALID,
            "is longer than 36 characters",
            id="algorithm too long",
        ),
        pytest.param(
            {"model_algorithm": "a\ud800"}, Reason.CONFIG_INVALID, "no control characters", id="half a character"
        ),
        pytest.param({"model_algorithm": "a<b"}, Reason.CONFIG_INVALID, "may hold none of &", id="forbidden character"),
        pytest.param(
            {"swr_location": "swr.example/x:1"},
            Reason.CONFIG_INVALID,
            "/swr_location: 'swr.example/x:1' is only for model_type Image, not for PyTorch",
            id="an image for an engine",
        ),
        pytest.param(
            {"model_type": "Image"},
            Reason.CONFIG_INVALID,
            "/swr_location is missing: model_type Image needs the reference of its image",
            id="Image without an image",
        ),
        pytest.param(
            {"model_type": "Image", "swr_location": "x", "dependencies": [{"packages": []}]},
            Reason.CONFIG_INVALID,
            "is not for model_type Image: its image brings everything",
            id="Image with dependencies",
        ),
        pytest.param(
            {"model_type": "Image", "swr_location": "swr.example/Team/x:1"},
            Reason.CONFIG_INVALID,
            "/swr_location: 'swr.example/Team/x:1': a repository is lower-case letters",
            id="an image that no registry could have",
        ),
        pytest.param(
            {"model_type": "Image", "swr_location": 7},
            Reason.CONFIG_INVALID,
            "/swr_location: 7 must be the reference of an image, of at most 512 characters",
            id="an image that is a number",
        ),
        pytest.param(
            {"metrics": [0.9]},
            Reason.CONFIG_INVALID,
            "/metrics: [0.9] must be an object of numbers",
            id="metrics a list",
        ),
        pytest.param(
            {"metrics": {"f1": "high"}},
            Reason.CONFIG_INVALID,
            "/metrics/f1: 'high' is not a number",
            id="metric no number",
        ),
        pytest.param(
            {"metrics": {"a/b~c": True}},
            Reason.CONFIG_INVALID,
            "/metrics/a~1b~0c: True is not",
            id="pointer is escaped",
        ),
        pytest.param({"apis": "x"}, Reason.CONFIG_INVALID, "/apis: 'x' must be a list of objects", id="apis a text"),
        pytest.param({"apis": [1]}, Reason.CONFIG_INVALID, "/apis/0: 1 must be an object", id="api a number"),
        pytest.param(
            {"apis": [{"url": "/predict"}]},
            Reason.CONFIG_INVALID,
            "/apis/0/url: '/predict' must be '/': only custom images may serve other paths",
            id="another path",
        ),
        pytest.param(
            {"apis": [{"method": "FETCH"}]}, Reason.CONFIG_INVALID, "'FETCH' is not one of GET", id="unknown method"
        ),
        pytest.param(
            {"apis": [{"request": 1}]}, Reason.CONFIG_INVALID, "/apis/0/request: 1 must be", id="request a number"
        ),
        pytest.param(
            {"apis": [{}] * 33}, Reason.CONFIG_INVALID, "/apis: '33 entries' are more than 32", id="too many APIs"
        ),
        pytest.param(
            {"dependencies": [{"installer": "conda", "packages": []}]},
            Reason.CONFIG_INVALID,
            "/dependencies/0/installer: 'conda' is not pip",
            id="another installer",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "--index-url=http://evil"}]}]},
            Reason.CONFIG_INVALID,
            "is neither a package's name nor a file of the package",
            id="an option instead of a package",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "-r ../requirements.txt"}]}]},
            Reason.CONFIG_INVALID,
            "is neither a package's name",
            id="a requirements file outside of the package",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "/etc/x.whl"}]}]},
            Reason.CONFIG_INVALID,
            "is neither a package's name",
            id="a wheel outside the package",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "/home/mind/model/../x.whl"}]}]},
            Reason.CONFIG_INVALID,
            "is neither a package's name",
            id="a wheel that leaves the package",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "x", "package_version": "1", "restraint": "ABOUT"}]}]},
            Reason.CONFIG_INVALID,
            "/dependencies/0/packages/0/restraint: 'ABOUT' is not one of EXACT, ATLEAST, ATMOST",
            id="unknown restraint",
        ),
        pytest.param(
            {"dependencies": [{"packages": [{"package_name": "x", "package_version": "1; rm"}]}]},
            Reason.CONFIG_INVALID,
            "/dependencies/0/packages/0/package_version: '1; rm' is not a version",
            id="not a version",
        ),
        pytest.param(
            {"health": {"period_seconds": 0}},
            Reason.CONFIG_INVALID,
            "/health/period_seconds: 0 must be a whole number from 1 to 2147483647",
            id="health period of nothing",
        ),
        pytest.param(
            {"health": {"check_method": "EXEC"}},
            Reason.CONFIG_INVALID,
            "/health/command is missing",
            id="EXEC without command",
        ),
        pytest.param(
            {"health": {"check_method": "TCP"}}, Reason.CONFIG_INVALID, "is neither HTTP nor EXEC", id="TCP check"
        ),
        pytest.param(
            {"health": {"url": "health"}}, Reason.CONFIG_INVALID, "/health/url: 'health' must be a path", id="no slash"
        ),
    ],
)
def test_a_broken_rule_is_refused_with_pointer_value_and_rule(
    fields: dict[str, Any], reason: Reason, message: str
) -> None:
    found = read(**fields)
    assert isinstance(found, Refusal)
    assert found.reason is reason
    assert found.message.startswith("model/config.json /")
    assert message in found.message


def test_several_faults_are_told_together() -> None:
    found = read(model_type="Foo", model_algorithm="1", metrics=1, apis=1, dependencies=1, health=1)
    assert isinstance(found, Refusal)
    assert found.reason is Reason.MODEL_TYPE_UNSUPPORTED
    assert found.message.count(";") == 5
    assert found.message.endswith("and 1 more")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "model/config.json line 1 column 1: not JSON: Expecting value", id="empty"),
        pytest.param(b"[]", "model/config.json: [] is not an object", id="a list"),
        pytest.param(b"\xff\xff\n", "model/config.json line 1: neither UTF-8 nor GB18030", id="no text"),
        pytest.param(
            b" " * (MAX_CONFIG_BYTES + 1),
            "model/config.json: it has 1048577 bytes; at most 1048576 are read",
            id="too long",
        ),
    ],
)
def test_a_file_that_is_no_object_is_refused_with_its_place(data: bytes, message: str) -> None:
    found = read_config(data, "model/config.json")
    assert isinstance(found, Refusal)
    assert found.reason is Reason.CONFIG_INVALID
    assert found.message.startswith(message)


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


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9)
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
QUICK = settings(max_examples=50, deadline=None)
KEYS = ("model_algorithm", "model_type", "runtime", "swr_location", "metrics", "apis", "dependencies", "health")
NESTED = st.fixed_dictionaries(
    {},
    optional={
        "apis": st.lists(
            st.dictionaries(st.sampled_from(["url", "method", "request", "response", "procotol"]), JSON), max_size=2
        ),
        "dependencies": st.lists(
            st.fixed_dictionaries(
                {
                    "packages": st.lists(
                        st.dictionaries(st.sampled_from(["package_name", "package_version", "restraint"]), JSON)
                    )
                }
            )
        ),
        "health": st.dictionaries(
            st.sampled_from(["url", "command", "check_method", "period_seconds", "timeout_seconds"]), JSON
        ),
        "metrics": st.dictionaries(st.text(), JSON, max_size=3),
        "runtime": JSON,
    },
)


def acceptable(found: PackageConfig | Refusal) -> bool:
    """A value that fits the API's limits and can be written, or a refusal that can be shown."""
    if isinstance(found, Refusal):
        return bool(orjson.dumps(found.message)) and len(found.message) < 10_000
    dumped = found.model.model_dump(mode="json", by_alias=True)
    return bool(orjson.dumps(dumped)) and ModelStatus.model_validate(dumped) == found.model


@QUICK
@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_document_whatever_raises(document: dict[str, Any]) -> None:
    assert acceptable(read_config(json.dumps(document).encode(), "config.json"))


@QUICK
@given(NESTED)
def test_no_part_whatever_raises(parts: dict[str, Any]) -> None:
    assert acceptable(read(**parts))


@QUICK
@given(st.binary())
def test_no_bytes_whatever_raise(data: bytes) -> None:
    assert acceptable(read_config(data, "config.json"))
