"""Configs of images: how a container runs, whatever their authors wrote."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.images.registry_image import ImageConfig
from aiapp.oci.configs import MAX_TEXT_BYTES, image_config
from aiapp.oci.documents import UnsupportedError


def config(run: Any) -> ImageConfig:
    return image_config(json.dumps({"os": "linux", "architecture": "amd64", "config": run}).encode())[1]


@pytest.mark.parametrize("run", [None, {}, {"Entrypoint": None, "Cmd": None, "ExposedPorts": None, "Labels": None}])
def test_what_is_not_said_is_empty(run: Any) -> None:
    assert config(run) == ImageConfig()


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        pytest.param({"8080/tcp": {}, "80": {}}, (80, 8080), id="ascending"),
        pytest.param({"53/udp": {}, "1/sctp": {}}, (), id="no TCP"),
        pytest.param({"0/tcp": {}, "65536/tcp": {}, "x": {}, "8080-8090/tcp": {}}, (), id="no port"),
    ],
)
def test_exposed_ports_are_those_of_tcp(ports: dict[str, Any], found: tuple[int, ...]) -> None:
    assert config({"ExposedPorts": ports}).exposed_ports == found


def test_environment_is_split_at_the_first_equals_sign() -> None:
    assert config({"Env": ["A=b=c", "EMPTY=", "BARE"]}).environment == {"A": "b=c", "EMPTY": "", "BARE": ""}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"config": {"Cmd": "serve"}}, "Cmd of its config is not a list of texts", id="a text"),
        pytest.param({"config": {"Env": [1]}}, "Env of its config is not a list of texts", id="a number"),
        pytest.param(
            {"config": {"Labels": {"a": "x" * MAX_TEXT_BYTES}}}, "configured by more than 262144 bytes", id="long"
        ),
        pytest.param([], "not a JSON object", id="a list"),
    ],
)
def test_what_no_node_could_run_is_named(body: Any, says: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(says)):
        image_config(json.dumps(body).encode())


def test_the_platform_may_be_absent() -> None:
    assert image_config(b"{}")[0] is None


NAMES = st.sampled_from(["config", "Entrypoint", "Cmd", "Env", "Labels", "ExposedPorts", "User", "os", "architecture"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        image_config(json.dumps({"config": value}).encode())
    except UnsupportedError:
        return
