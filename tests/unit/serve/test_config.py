"""What the server takes from config.json, however the file is written."""

from __future__ import annotations

import json
import pathlib
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.config import Config, Pin, read


def parse(raw: bytes, health_url: str = "") -> Config:
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_bytes(raw)
        return read(folder, health_url)


def of(**keys: object) -> Config:
    return parse(json.dumps({"model_algorithm": "x", "model_type": "PyTorch", **keys}).encode())


def test_routes_health_type_and_pins_are_read() -> None:
    config = of(
        apis=[{"method": "post"}, {"method": "GET", "url": "/"}],
        health={"url": "/ready"},
        dependencies=[
            {"installer": "pip", "packages": [{"package_name": "torch", "package_version": "1.8.0"}]},
            {
                "packages": [
                    {"package_name": "a", "package_version": "2", "restraint": ">="},
                    {"package_name": "b[c]"},
                    {"package_name": "wheels/d_e-1.0-py3-none-any.whl"},
                    {"package_name": "requirements.txt"},
                ]
            },
        ],
    )

    assert config == Config(
        model_type="PyTorch",
        routes=(("POST", "/"), ("GET", "/")),
        health_path="/ready",
        pins=(
            Pin("torch", "torch==1.8.0"),
            Pin("a", "a>=2"),
            Pin("b", "b[c]"),
            Pin("d_e", "./wheels/d_e-1.0-py3-none-any.whl"),
        ),
    )


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        pytest.param({}, "/health", id="nothing"),
        pytest.param({"health": {"url": "/a/b/"}}, "/a/b", id="health"),
        pytest.param({"readiness_health": {"url": "/ready"}}, "/ready", id="readiness_health alone"),
        pytest.param({"health": {"url": "/h"}, "readiness_health": {"url": "/r"}}, "/h", id="both"),
        pytest.param({"health": {"url": "/a%20b?deep=1"}}, "/a b", id="escapes and a query"),
        pytest.param({"health": {"url": "//a"}}, "/a", id="two slashes"),
        pytest.param({"health": {"url": "/"}}, "/", id="the root"),
        pytest.param({"health": {"check_method": "EXEC", "command": "x", "url": "/a"}}, "/health", id="a command"),
    ],
)
def test_health_is_where_the_operators_probe_asks_for_it(keys: dict[str, object], path: str) -> None:
    assert of(**keys).health_path == path


def test_what_the_operator_decided_about_health_wins() -> None:
    assert parse(b'{"health": {"url": "/a"}}', "/b%20c").health_path == "/b c"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'\xef\xbb\xbf{"model_algorithm": "a", "model_type": "XGBoost"}', id="a byte order mark"),
        pytest.param(b'// a\r\n{"model_algorithm": "a", "model_type": "xgb", /* "b": \n */ "u": 1,}', id="comments"),
        pytest.param(
            '{"model_algorithm": "a", "model_type": "XGBoost", "描述": "图像 // 分类"}'.encode("gbk"), id="GBK"
        ),
    ],
)
def test_slips_of_form_are_forgiven(raw: bytes) -> None:
    config = parse(raw)

    assert (config.model_type, config.problem) == ("XGBoost", "")


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"apis": None, "health": [], "dependencies": "no"}, id="wrong types"),
        pytest.param({"dependencies": [{"packages": [None]}]}, id="wrong items"),
        pytest.param({"health": {"url": 5}}, id="a number for a path"),
    ],
)
def test_what_has_the_wrong_type_is_left_out(keys: dict[str, object]) -> None:
    assert of(**keys)._replace(problem="") == Config(model_type="PyTorch")


def test_a_path_that_the_importer_refuses_is_served_all_the_same_and_said() -> None:
    config = of(apis=[{"url": "predict"}])

    assert config.routes == (("POST", "/predict"),)
    assert config.problem.startswith("config.json /apis/0/url: 'predict' must be '/'")


def test_what_is_no_json_at_all_says_why_and_counts_as_empty() -> None:
    assert "config.json line 1 column 2: not JSON" in parse(b"{").problem
    assert parse(b"[]").problem == "config.json: [] is not an object"


def test_a_missing_file_counts_as_empty(tmp_path: pathlib.Path) -> None:
    assert read(str(tmp_path)).problem == "config.json: cannot be read: No such file or directory"


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise(raw: bytes) -> None:
    assert parse(raw)
