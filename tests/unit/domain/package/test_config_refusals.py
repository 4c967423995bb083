"""What config.json is refused for, and in which words."""

from typing import Any

import pytest
from tests.support.configs import read

from aiapp.api.conditions import Reason
from aiapp.domain.package.config import read_config
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.config import MAX_CONFIG_BYTES


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
