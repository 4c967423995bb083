"""What the server takes from config.json, however the file is written."""

from __future__ import annotations

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.config import Config, Pin, parse, read


def of(**keys: object) -> Config:
    return parse(json.dumps(keys).encode())


def test_routes_health_type_and_pins_are_read() -> None:
    apis: tuple[dict[str, str], ...] = ({"url": "/predict/", "method": "post"}, {"method": "GET", "url": "info?x"}, {})
    config = of(
        model_type="PyTorch",
        apis=apis,
        health={"url": "/ready"},
        dependencies=[
            {"installer": "pip", "packages": [{"package_name": "torch", "package_version": "1.8.0"}]},
            {
                "packages": [
                    {"package_name": "a", "package_version": "2", "restraint": "ATLEAST"},
                    {"package_name": "b"},
                ]
            },
        ],
    )

    assert config == Config(
        model_type="PyTorch",
        apis=apis,
        routes=(("POST", "/predict"), ("GET", "/info"), ("POST", "/")),
        health_path="/ready",
        pins=(Pin("torch", "torch==1.8.0"), Pin("a", "a>=2"), Pin("b", "b")),
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'\xef\xbb\xbf{"model_type": "x"}', id="a byte order mark"),
        pytest.param(b'// a\r\n{"model_type": "x", /* "b": \n */ "u": "http://x//y",}', id="comments and a comma"),
        pytest.param('{"model_type": "x", "描述": "图像 // 分类"}'.encode("gbk"), id="GBK"),
        pytest.param('{"model_type": "x", "说": [1,],} // 猫'.encode("gb18030"), id="GBK with comments"),
        pytest.param(b'{"model_type": "x", "d": "two\nlines",}', id="a line end in a string"),
    ],
)
def test_slips_of_form_are_forgiven(raw: bytes) -> None:
    config = parse(raw)

    assert (config.model_type, config.problem) == ("x", "")


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"apis": None, "health": [], "dependencies": "no"}, id="wrong types"),
        pytest.param({"apis": [None, 1], "dependencies": [{"packages": [None]}]}, id="wrong items"),
        pytest.param({"model_type": 1, "health": {"url": 5}}, id="numbers for words"),
    ],
)
def test_what_has_the_wrong_type_is_left_out(keys: dict[str, object]) -> None:
    assert of(**keys) == Config()


def test_what_is_no_json_at_all_says_why_and_counts_as_empty() -> None:
    assert "not JSON" in parse(b"{").problem
    assert parse(b"[]").problem == "is not a JSON object"


def test_a_missing_file_counts_as_empty(tmp_path: pathlib.Path) -> None:
    assert "cannot be read" in read(str(tmp_path / "config.json")).problem


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise(raw: bytes) -> None:
    assert parse(raw)
