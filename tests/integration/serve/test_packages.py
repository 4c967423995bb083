"""Every package of the corpus behind the real server, under the oldest and the newest Python."""

import base64
import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.serve.conftest import CORPUS
from tests.integration.serve.running import HAS_OLDEST, Reply, Server, serving

CASES = {path.parent.name: json.loads(path.read_text()) for path in sorted(CORPUS.glob("*/case.json"))}
SERVED = [name for name, case in CASES.items() if "exchanges" in case]
REFUSED = [name for name, case in CASES.items() if "fails" in case]


@pytest.mark.parametrize("name", SERVED)
def test_a_package_runs_unchanged(
    name: str, python: str, archive: pathlib.Path, corpus_copy: Callable[[str], pathlib.Path]
) -> None:
    with serving(python, archive, corpus_copy(name)) as server:
        server.wait_until_ready()
        for exchange in CASES[name]["exchanges"]:
            check(exchange, asked(server, exchange))


@pytest.mark.parametrize("name", REFUSED)
def test_a_faulty_package_ends_the_server_with_one_clear_line(
    name: str, python: str, archive: pathlib.Path, corpus_copy: Callable[[str], pathlib.Path], tmp_path: pathlib.Path
) -> None:
    termination_log = tmp_path / "termination-log"
    with serving(python, archive, corpus_copy(name), "--termination-log", str(termination_log)) as server:
        code = server.wait()
    line = server.output.rstrip("\n").splitlines()[-1]

    assert code == 3, server.output
    assert re.sub(r"Python 3\.\d+", "Python 3.N", line).startswith(CASES[name]["fails"])
    assert termination_log.read_text() == line + "\n"


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CASES) >= 30


@pytest.mark.skipif(not HAS_OLDEST, reason="there is no Python 3.7 on this machine")
def test_the_oldest_supported_python_is_among_those_tested() -> None:
    assert HAS_OLDEST


def asked(server: Server, exchange: dict[str, Any]) -> Reply:
    path = exchange.get("path", "/")
    if "files" in exchange:
        body = multipart(exchange["files"])
        return server.request("POST", path, body, {"Content-Type": "multipart/form-data; boundary=XX"})
    if "json" in exchange:
        return server.post(exchange["json"], path)
    if "body" in exchange:
        return server.request("POST", path, exchange["body"].encode(), exchange["headers"])
    return server.request(exchange["method"], path)


def multipart(parts: list[tuple[str, str | None, str]]) -> bytes:
    lines = []
    for field, filename, content in parts:
        name = f'; filename="{filename}"' if filename else ""
        lines.append(f'--XX\r\nContent-Disposition: form-data; name="{field}"{name}\r\n\r\n{content}\r\n')
    return ("".join(lines) + "--XX--\r\n").encode()


def check(exchange: dict[str, Any], reply: Reply) -> None:
    assert reply.status == exchange.get("status", 200), reply
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["X-Request-Id"])
    if "type" in exchange:
        assert reply.headers["Content-Type"] == exchange["type"]
    if "text_answer" in exchange:
        assert reply.content.decode() == exchange["text_answer"]
        return
    if "base64_answer" in exchange:
        assert base64.b64encode(reply.content).decode() == exchange["base64_answer"]
        return
    document = reply.json
    if "answer" in exchange:
        assert document == exchange["answer"]
    else:
        assert isinstance(document, dict)
        assert document["error_code"] == exchange["error_code"]
        assert exchange.get("error_msg", "") in document["error_msg"]
