"""The messages of a fetch: ones that the kubelet keeps entirely, and lines that do not flood a log."""

import json
from pathlib import Path

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.fetch.failures import ExitCode, FetchError
from aiapp.fetch.run import TERMINATION_BYTES, Fetched, failure_message, pinned


def test_a_manifest_in_parts_is_read_in_their_order(tmp_path: Path) -> None:
    manifest = composed(Entry(f"{number:04d}", 1, f"{number * 7919:032x}") for number in range(500))
    size = len(manifest.payload) // 11
    for number in range(12):
        (tmp_path / f"manifest.gz.{number:02d}").write_bytes(manifest.payload[number * size : (number + 1) * size])
    assert pinned(tmp_path, manifest.pin) == manifest
    (tmp_path / "manifest.gz.05").unlink()
    with pytest.raises(FetchError, match="cannot be read"):
        pinned(tmp_path, manifest.pin)


@pytest.mark.parametrize("character", ["x", "模", '"', "\n"])
def test_the_longest_failure_fits_what_the_kubelet_keeps(character: str) -> None:
    message = failure_message(FetchError(Reason.CONTENT_CHANGED, character * 9000))
    assert len(message.encode()) <= TERMINATION_BYTES
    assert json.loads(message)["reason"] == "ContentChanged"


def test_a_failure_is_told_in_one_line_of_printable_characters() -> None:
    message = failure_message(FetchError(Reason.CONTENT_CHANGED, "now ETag \x1b]0;x\x07\n"))
    assert json.loads(message)["message"] == "now ETag ?]0;x?"


def test_a_success_is_one_json_object() -> None:
    message = json.loads(fetched(b"").message())
    assert message == {
        "digest": "sha256:ab",
        "verified": "ETag",
        "files": 2,
        "bytes": 30,
        "downloaded": 10,
        "seconds": 1.3,
        "hashes": "",
    }


@pytest.mark.parametrize(("files", "included"), [pytest.param(80, True, id="few"), pytest.param(100, False, id="many")])
def test_the_message_includes_the_hashes_of_few_files(files: int, included: bool) -> None:
    message = fetched(bytes(files * 32)).message()
    assert len(message) <= TERMINATION_BYTES
    assert ("hashes" in json.loads(message)) is included


def fetched(hashes: bytes) -> Fetched:
    content = Content("sha256:ab", hashes)
    return Fetched(content=content, verified="ETag", files=2, bytes=30, downloaded=10, seconds=1.26)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.FETCH_FAILED, ExitCode.FAILED),
        (Reason.CONTENT_CHANGED, ExitCode.CONTENT_CHANGED),
        (Reason.ACCESS_DENIED, ExitCode.ACCESS_DENIED),
        (Reason.TLS_NOT_TRUSTED, ExitCode.UNREACHABLE),
        (Reason.LIMIT_EXCEEDED, ExitCode.NO_SPACE),
    ],
)
def test_each_kind_of_failure_has_its_exit_code(reason: Reason, code: ExitCode) -> None:
    assert FetchError(reason, "x").exit_code is code
