"""Routes, log lines, frames, options and the bundle: small pure parts of the server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve import frames, options
from aiapp.serve.config import Config
from aiapp.serve.errors import RefusedError, error_body
from aiapp.serve.frames import Frame
from aiapp.serve.logs import Log
from aiapp.serve.routes import Router, Target

ROUTER = Router(Config(routes=(("POST", "/predict"), ("GET", "/"), ("POST", "/ready")), health_path="/ready"), "model")


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/", Target.PREDICT),
        ("GET", "/", Target.PREDICT),
        ("POST", "/predict", Target.PREDICT),
        ("POST", "/predict/", Target.PREDICT),
        ("GET", "/health", Target.HEALTH),
        ("HEAD", "/ready", Target.HEALTH),
        ("POST", "/ready", Target.PREDICT),
    ],
)
def test_declared_and_built_in_paths_are_routed(method: str, path: str, target: Target) -> None:
    assert ROUTER.resolve(method, path).target is target


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("POST", "/nope", 404, ()),
        ("PUT", "/predict", 405, (("Allow", "POST"),)),
        ("POST", "/health", 405, (("Allow", "GET, HEAD"),)),
    ],
)
def test_other_paths_and_methods_are_refused(
    method: str, path: str, status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(RefusedError) as caught:
        ROUTER.resolve(method, path)

    assert (caught.value.status, caught.value.headers) == (status, headers)


def test_an_error_body_holds_code_message_and_request() -> None:
    assert json.loads(error_body("A", "猫 \ud800", "1")) == {
        "error_code": "A",
        "error_msg": "猫 \ud800",
        "request_id": "1",
    }


def test_plain_log_lines_quote_what_could_forge_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    Log("plain").request(route="/a b=c\n", status=200)

    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith('Z request route="/a b=c\\n" status=200')


def test_json_log_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    Log("json").event("listening", port=1)

    line = json.loads(capsys.readouterr().out)
    assert line.pop("time").endswith("Z")
    assert line == {"event": "listening", "port": 1}


@given(
    st.lists(st.tuples(st.dictionaries(st.sampled_from("ab"), st.just("猫")), st.binary()), max_size=4),
    st.integers(1, 20),
)
def test_frames_survive_being_cut_anywhere(contents: list[tuple[dict[str, str], bytes]], step: int) -> None:
    sent = [Frame(header, content) for header, content in contents]
    raw = b"".join(piece for frame in sent for piece in frames.pieces(frame))
    buffer = bytearray()
    received: list[Frame] = []

    def complete() -> Frame | None:
        return frames.take(buffer)

    for start in range(0, len(raw), step):
        buffer += raw[start : start + step]
        received += iter(complete, None)

    assert received == sent
    assert not buffer


def test_the_package_path_is_made_absolute_and_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    parsed = options.parse(["--package", "home/mind/model"])

    assert (parsed.package, parsed.port) == ("/home/mind/model", 8080)
    assert parsed.links == ["/home/ma-user/infer/model/1"]
    assert options.parse(["--package", "/elsewhere"]).links == []


@pytest.mark.parametrize("arguments", [[], ["--package", "x", "--workers", "0"], ["--package", "x", "--nope"]])
def test_a_wrong_command_line_ends_with_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options.parse(arguments)

    assert caught.value.code == 2
