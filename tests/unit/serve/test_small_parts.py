"""Routes, log lines, frames, options and the bundle: small pure parts of the server."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve import frames, options
from aiapp.serve.config import Config
from aiapp.serve.frames import Frame
from aiapp.serve.http import clock
from aiapp.serve.http.errors import MAX_MESSAGE, RefusedError, error_body
from aiapp.serve.http.routes import Router, Target
from aiapp.serve.server.logs import Log, Served

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_refusal_quotes_no_more_than_a_person_reads() -> None:
    message = RefusedError(400, "A", "x" * 1_000_000).message

    assert (len(message), message[-4:]) == (MAX_MESSAGE, "x...")


SERVED = Served("r=1", "POST", '/a b=c\n"', 200, 1.23456, 10, 20)


def written_at_once(form: str) -> Log:
    return Log(form, lambda write: write())


def test_plain_log_lines_quote_what_could_forge_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    written_at_once("plain").request(SERVED)

    [line] = capsys.readouterr().out.splitlines()
    expected = 'Z request id="r=1" method=POST route="/a b=c\\n\\"" status=200 ms=1.235 bytes_in=10 bytes_out=20'
    assert line.endswith(expected)


def test_json_log_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    log = written_at_once("json")
    log.event("listening", port=1)
    log.request(SERVED)

    event, request = map(json.loads, capsys.readouterr().out.splitlines())
    assert event.pop("time").endswith("Z")
    assert event == {"event": "listening", "port": 1}
    assert request.pop("time").endswith("Z")
    assert request == {"event": "request", **SERVED._asdict(), "ms": 1.235}


def test_lines_of_requests_gather_and_an_event_comes_after_them(capsys: pytest.CaptureFixture[str]) -> None:
    moments: list[Callable[[], None]] = []
    log = Log("plain", moments.append)
    log.request(SERVED)
    log.request(SERVED)
    assert (len(moments), capsys.readouterr().out) == (1, "")

    log.event("ended")
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["request", "request", "ended"]
    moments[0]()
    assert capsys.readouterr().out == ""


def test_the_time_of_day_goes_on() -> None:
    assert clock.http_date(784111777.9) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert clock.http_date(784111778.0) == "Sun, 06 Nov 1994 08:49:38 GMT"
    assert clock.timestamp(784111777.25) == "1994-11-06T08:49:37.250Z"


@given(
    st.lists(st.tuples(st.dictionaries(st.sampled_from("ab"), st.just("猫")), st.binary()), max_size=4),
    st.integers(1, 20),
)
def test_frames_survive_being_cut_anywhere(contents: list[tuple[dict[str, str], bytes]], step: int) -> None:
    sent = [Frame(frames.text(**header), content, str(number)) for number, (header, content) in enumerate(contents)]
    raw = b"".join(piece for frame in sent for piece in frames.pieces(frame))
    buffer = bytearray()
    received: list[Frame] = []

    def complete() -> Frame | None:
        return frames.take(buffer)

    for start in range(0, len(raw), step):
        buffer += raw[start : start + step]
        received += iter(complete, None)

    assert received == sent
    assert [frame.header for frame in received] == [header for header, _ in contents]
    assert not buffer


@given(st.lists(st.binary(max_size=40), max_size=4), st.integers(0, 60))
def test_a_stream_of_frames_ends_where_it_is_cut(contents: list[bytes], cut: int) -> None:
    sent = [Frame(frames.text(a=1), content, "7") for content in contents]
    raw = b"".join(piece for frame in sent for piece in frames.pieces(frame))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(raw[: max(0, len(raw) - cut)])
        ours.shutdown(socket.SHUT_WR)
        received = list(iter(frames.Receiver(theirs).receive, None))

    assert received == sent[: len(received)]
    assert len(received) == len(sent) or cut > 0


@pytest.mark.parametrize("rest", [b"", b"".join(frames.pieces(Frame(frames.text(a=2))))], ids=["alone", "and another"])
def test_a_frame_is_withdrawn_by_what_follows_it_at_once(rest: bytes) -> None:
    frame = Frame(frames.text(a=1))
    raw = b"".join(frames.pieces(frame))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        received = frames.Receiver(theirs)
        ours.sendall(raw + frames.WITHDRAWAL + raw + rest)
        seen = [(received.receive(), received.is_withdrawn()) for _ in range(2)]
        ours.sendall(frames.WITHDRAWAL)
        is_withdrawn_later = received.is_withdrawn()

    assert seen == [(frame, True), (frame, False)]
    assert is_withdrawn_later is (not rest)


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
