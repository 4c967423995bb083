"""A fetch that knows what the content must be: it is verified, or fails naming what differs."""

import hashlib
import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS
from tests.support.fault_proxy import FaultProxy
from tests.support.fetching import PREFIX, Package, aiapp_fetch

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import Content, content, reported_content
from aiapp.fetch.failures import ExitCode, FetchError
from aiapp.fetch.run import Fetched, fetch

HASHES = {path: hashlib.sha256(data).hexdigest() for path, data in CONTENTS.items()}
OTHER = f"sha256:{'00' * 32}"


def record(folder: Path, known: Content) -> Path:
    """What is recorded, as it is mounted into a pod."""
    folder.mkdir()
    (folder / "digest").write_text(known.digest)
    if known.hashes:
        (folder / "hashes").write_bytes(known.hashes)
    return folder


def fetched(
    package: Package, target: Path, recorded: Path | None = None, stated: str | None = None, endpoint: str | None = None
) -> Fetched:
    return fetch(replace(package.request(target, endpoint), recorded=recorded, stated=stated), time.monotonic)


def failure(package: Package, target: Path, recorded: Path | None = None, stated: str | None = None) -> FetchError:
    with pytest.raises(FetchError) as failed:
        fetched(package, target, recorded, stated)
    return failed.value


def test_the_first_fetch_tells_digest_and_hashes_and_the_next_one_holds_them(
    package: Package, target: Path, tmp_path: Path
) -> None:
    first = fetched(package, target)
    assert first.verified == "ETag"
    known = reported_content(first.message(), len(CONTENTS))
    assert known == content(package.manifest.entries, HASHES)
    second = fetched(package, tmp_path / "other" / "model", record(tmp_path / "record", known), known.digest)
    assert second.verified == "SHA256"


@pytest.mark.parametrize("path", ["model.bin", "config.json"])
def test_a_file_that_is_recorded_otherwise_is_fetched_twice_and_then_named(
    package: Package, target: Path, tmp_path: Path, proxy: FaultProxy, path: str
) -> None:
    known = content(package.manifest.entries, HASHES | {path: "00" * 32})
    recorded = record(tmp_path / "record", known)
    with pytest.raises(FetchError) as failed:
        fetched(package, target, recorded, endpoint=proxy.endpoint)
    assert failed.value.reason is Reason.CONTENT_CHANGED
    assert f"{path} has SHA-256 {HASHES[path]}, recorded is 0000" in failed.value.message
    assert not (target / path).exists()
    ranges = [request.headers.get("range") for request in proxy.gets if request.target.endswith(PREFIX + path)]
    assert {ranges.count(each) for each in ranges} == {2}


def test_another_content_than_recorded_fails_where_no_hashes_are_known(
    package: Package, target: Path, tmp_path: Path
) -> None:
    failed = failure(package, target, record(tmp_path / "record", Content(OTHER)))
    assert failed.reason is Reason.CONTENT_CHANGED
    assert f"the content is {package.digest}, recorded is {OTHER}" in failed.message


def test_another_content_than_stated_has_a_reason_of_its_own(package: Package, target: Path) -> None:
    failed = failure(package, target, stated=OTHER)
    assert (failed.reason, failed.exit_code) == (Reason.DIGEST_MISMATCH, ExitCode.CONTENT_CHANGED)
    assert package.digest in failed.message
    assert failure(package, target, stated=OTHER).reason is Reason.DIGEST_MISMATCH


def test_the_command_takes_both_and_tells_what_it_verified(package: Package, target: Path, tmp_path: Path) -> None:
    recorded = record(tmp_path / "record", content(package.manifest.entries, HASHES))
    options = ("--recorded", str(recorded), "--digest")
    assert _exit_code(aiapp_fetch(package, target, *options, package.digest)) == ExitCode.DONE
    assert json.loads(target.with_name("termination").read_text())["verified"] == "SHA256"
    (tmp_path / "bad").mkdir()
    assert _exit_code(aiapp_fetch(package, tmp_path / "bad" / "model", *options, OTHER)) == ExitCode.CONTENT_CHANGED
    output = json.loads((tmp_path / "bad" / "termination").read_text())
    assert output["reason"] == "DigestMismatch"


def _exit_code(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode
