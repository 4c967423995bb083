"""`aiapp fetch` as the kubelet runs it: exit code, termination message, signals, and the next start after a kill."""

import os
import signal
from http import HTTPStatus
from itertools import count
from pathlib import Path

import pytest
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request
from tests.support.fetching import (
    PREFIX,
    Package,
    aiapp_fetch,
    by_a_signal,
    ended,
    files_below,
    pinned_package,
    termination_message,
)
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually

from aiapp.domain.objectstore.keys import RESERVED

RANGE = 4 << 20
LARGE = {"config.json": b"{}", "model.bin": os.urandom(2 * RANGE + 1)}


@pytest.fixture
def large(bucket: Bucket, tmp_path: Path) -> Package:
    """A package with a file of three ranges."""
    return pinned_package(bucket, tmp_path, LARGE)


def test_success_is_told_by_digest_files_bytes_and_seconds(package: Package, target: Path) -> None:
    target.parent.mkdir()
    code, output = ended(aiapp_fetch(package, target))
    assert code == 0, output
    assert termination_message(target)["digest"] == package.digest
    assert termination_message(target)["files"] == len(package.contents)
    assert termination_message(target).keys() == {
        "digest",
        "verified",
        "files",
        "bytes",
        "downloaded",
        "seconds",
        "hashes",
    }
    assert files_below(target) == package.contents


@pytest.mark.parametrize(("mode", "file", "folder"), [("0640", 0o640, 0o750), ("0600", 0o600, 0o700)])
def test_others_may_not_read_what_is_not_for_them(
    package: Package, target: Path, mode: str, file: int, folder: int
) -> None:
    target.parent.mkdir()
    code, output = ended(aiapp_fetch(package, target, f"--file-mode={mode}"))
    assert code == 0, output
    assert files_below(target) == package.contents
    found = {path.stat().st_mode & 0o7777 for path in target.rglob("*") if path.is_file()}
    assert found == {file}
    assert {path.stat().st_mode & 0o7777 for path in (target, *target.rglob("*")) if path.is_dir()} == {folder}


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        pytest.param(HTTPStatus.PRECONDITION_FAILED, 3, "ContentChanged", id="replaced"),
        pytest.param(HTTPStatus.FORBIDDEN, 4, "AccessDenied", id="denied"),
    ],
)
def test_failure_is_told_by_reason_and_key_without_secrets(
    package: Package, target: Path, proxy: FaultProxy, status: HTTPStatus, code: int, reason: str
) -> None:
    target.parent.mkdir()
    proxy.rule = lambda _: Fault(status=status)
    left, output = ended(aiapp_fetch(package, target, endpoint=proxy.endpoint))
    assert (left, termination_message(target)["reason"]) == (code, reason)
    assert PREFIX in str(termination_message(target)["message"])
    assert package.keys.secret_access_key not in output + str(termination_message(target))


def test_keys_come_from_a_mounted_secret_when_one_is_named(package: Package, target: Path, tmp_path: Path) -> None:
    target.parent.mkdir()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "accessKeyId").write_text("nobody")
    (secret / "secretAccessKey").write_text("nothing\n")
    code, _ = ended(aiapp_fetch(package, target, "--credentials", str(secret)))
    assert (code, termination_message(target)["reason"]) == (4, "AccessDenied")
    (secret / "accessKeyId").write_text(package.keys.access_key_id)
    (secret / "secretAccessKey").write_text(package.keys.secret_access_key + "\n")
    assert ended(aiapp_fetch(package, target, "--credentials", str(secret)))[0] == 0


def test_a_secret_that_is_named_and_absent_is_said(package: Package, target: Path, tmp_path: Path) -> None:
    target.parent.mkdir()
    ended(aiapp_fetch(package, target, "--credentials", str(tmp_path / "absent")))
    assert termination_message(target)["reason"] == "SecretNotFound"


def test_half_a_key_pair_is_said(package: Package, target: Path, tmp_path: Path) -> None:
    target.parent.mkdir()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "accessKeyId").write_text("half")
    ended(aiapp_fetch(package, target, "--credentials", str(secret)))
    assert "secretAccessKey" in str(termination_message(target)["message"])


def test_a_wrong_uri_is_a_wrong_argument(package: Package, target: Path) -> None:
    code, output = ended(aiapp_fetch(package, target, "--uri", "http://somewhere/else"))
    assert code == 2
    assert "http://somewhere/else" in output


def last_range_stalls(request: Request) -> Fault:
    return Fault(stall_after=0) if request.headers.get("range", "").startswith(f"bytes={2 * RANGE}-") else NO_FAULT


@by_a_signal
def test_after_a_signal_in_the_middle_the_next_start_asks_for_the_rest_alone(
    large: Package, target: Path, proxy: FaultProxy, sent: signal.Signals, code: int
) -> None:
    target.parent.mkdir()
    proxy.rule = last_range_stalls
    first = aiapp_fetch(large, target, endpoint=proxy.endpoint)
    try:
        eventually(lambda: written_ranges(target) == 2 and (target / "config.json").exists())
    finally:
        first.send_signal(sent)
    assert ended(first)[0] == code
    assert not (target / "model.bin").exists()
    proxy.rule = lambda _: NO_FAULT
    proxy.requests.clear()
    assert ended(aiapp_fetch(large, target, endpoint=proxy.endpoint))[0] == 0
    assert [request.headers["range"] for request in proxy.gets] == [f"bytes={2 * RANGE}-{2 * RANGE}"]
    assert files_below(target) == LARGE
    assert termination_message(target)["digest"] == large.digest


def written_ranges(target: Path) -> int:
    records = list((target / RESERVED).glob("*.ranges"))
    return len(records[0].read_text("ascii").splitlines()) - 1 if records else 0


@pytest.mark.parametrize(
    ("endpoint", "arguments", "words"),
    [
        pytest.param("http://169.254.169.254", (), "a cloud's metadata service", id="the metadata service"),
        pytest.param("http://2852039166", (), "is not http(s)://host[:port]", id="the same in decimal"),
        pytest.param("http://[::ffff:a9fe:a9fe]", (), "a cloud's metadata service", id="the same in IPv6"),
        pytest.param("http://10.96.0.1", ("--refuse-range", "10.96.0.0/12"), "a refused range", id="a refused range"),
        pytest.param("http://127.0.0.1", ("--allow-host", "*.example.com"), "not among the allowed", id="another host"),
    ],
)
def test_an_endpoint_that_the_policy_refuses_is_never_connected_to(
    package: Package, target: Path, endpoint: str, arguments: tuple[str, ...], words: str
) -> None:
    target.parent.mkdir()
    code, output = ended(aiapp_fetch(package, target, *arguments, endpoint=endpoint))
    assert (code, termination_message(target)["reason"]) == (1, "EndpointRefused"), output
    assert words in str(termination_message(target)["message"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "CaBundleNotFound", id="absent, as an optional volume leaves it"),
        pytest.param(b"not a certificate", "CaBundleInvalid", id="without a certificate"),
    ],
)
def test_a_ca_bundle_that_is_none_is_said_to_be_so(
    package: Package, target: Path, content: bytes | None, reason: str
) -> None:
    target.parent.mkdir()
    bundle = target.with_name("ca.crt")
    if content is not None:
        bundle.write_bytes(content)
    code, output = ended(aiapp_fetch(package, target, "--ca-bundle", str(bundle)))
    assert (code, termination_message(target)["reason"]) == (1, reason), output


def completed(target: Path) -> dict[str, bytes]:
    """Files under their final names."""
    return {path: content for path, content in files_below(target).items() if not path.startswith(RESERVED)}


def killed(package: Package, target: Path, proxy: FaultProxy, requests: int) -> bool:
    """Whether it was under way still when it was killed, after so many requests that went well."""
    seen = count()
    proxy.rule = lambda _: NO_FAULT if next(seen) < requests else Fault(stall_after=1000)
    proxy.requests.clear()
    process = aiapp_fetch(package, target, endpoint=proxy.endpoint)
    eventually(lambda: len(proxy.requests) > requests or process.poll() is not None)
    process.kill()
    return ended(process)[0] == -signal.SIGKILL


def test_kills_at_any_moment_leave_nothing_that_is_not_right(
    bucket: Bucket, tmp_path: Path, target: Path, proxy: FaultProxy
) -> None:
    """Each attempt is killed after some more requests than the one before; the last one is left alone."""
    contents = LARGE | {f"part/{number:02}": os.urandom(20_000) for number in range(12)}
    package = pinned_package(bucket, tmp_path, contents)
    target.parent.mkdir()
    for requests in (0, 1, 2, 3):
        assert killed(package, target, proxy, requests)
        assert completed(target).items() <= contents.items()
    proxy.rule = lambda _: NO_FAULT
    assert ended(aiapp_fetch(package, target, endpoint=proxy.endpoint))[0] == 0
    assert files_below(target) == contents
