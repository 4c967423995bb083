"""`aiapp fetch` of many small files, which several processes fetch: they succeed, fail and end as one."""

import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request
from tests.support.fetching import (
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

from aiapp.domain.artifact.content import DIGEST_KEY, HASHES_KEY, content
from aiapp.domain.fetching.progress import progress_in
from aiapp.domain.objectstore.keys import RESERVED
from aiapp.fetch.download.fork_pool import FILES_EACH
from aiapp.fetch.download.processors import usable

pytestmark = pytest.mark.skipif(usable() < 2, reason="one processor gets no further processes")

CONTENTS = {f"{number % 7}/{number:04}": os.urandom(500 + number) for number in range(2 * FILES_EACH)}
LARGE = {"model.bin": os.urandom(1 << 20)}
STALL = Fault(stall_after=0)
DONE = 40
"""Files that a fetch gets before the store refuses."""


@pytest.fixture
def small(bucket: Bucket, tmp_path: Path, target: Path) -> Package:
    """Many small files, and a large one, which the first process fetches itself."""
    target.parent.mkdir(parents=True)
    return pinned_package(bucket, tmp_path, CONTENTS | LARGE)


def stalling(after: int) -> Callable[[Request], Fault]:
    """So many files come, and nothing more."""
    lock, left = threading.Lock(), iter(range(after))

    def rule(request: Request) -> Fault:
        with lock:
            return NO_FAULT if not request.is_get or next(left, None) is not None else STALL

    return rule


def children(process: subprocess.Popen[str]) -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def completed(target: Path) -> dict[str, bytes]:
    """Files under their final names."""
    return {path: content for path, content in files_below(target).items() if not path.startswith(RESERVED)}


def stalled(package: Package, target: Path, proxy: FaultProxy) -> tuple[subprocess.Popen[str], list[int]]:
    """A fetch in the middle, and its further processes."""
    proxy.rule = stalling(DONE)
    process = aiapp_fetch(package, target, endpoint=proxy.endpoint)
    eventually(lambda: len(completed(target)) == DONE or process.poll() is not None)
    found = children(process)
    assert len(found) >= 2
    return process, found


def require_rest_alone(package: Package, target: Path, proxy: FaultProxy) -> None:
    """The next attempt asks for nothing that is there."""
    assert completed(target).items() <= package.contents.items()
    proxy.rule = lambda _: NO_FAULT
    proxy.requests.clear()
    code, output = ended(aiapp_fetch(package, target, endpoint=proxy.endpoint))
    assert code == 0, output
    assert len(proxy.gets) == len(package.contents) - DONE
    assert termination_message(target)["digest"] == package.digest
    assert files_below(target) == package.contents


def test_all_files_come_and_are_hashed_and_counted_whoever_fetches_them(
    small: Package, target: Path, proxy: FaultProxy
) -> None:
    code, output = ended(aiapp_fetch(small, target, endpoint=proxy.endpoint))
    assert code == 0, output
    assert files_below(target) == small.contents
    assert termination_message(target)["digest"] == small.digest
    assert len(proxy.gets) == len(small.contents)
    last = [progress for line in output.splitlines() if (progress := progress_in(line))][-1]
    assert (last.files, last.bytes) == (len(small.contents), sum(map(len, small.contents.values())))


def test_recorded_hashes_are_required_whichever_process_fetches_the_file(
    small: Package, target: Path, tmp_path: Path
) -> None:
    other = {**small.contents, "0/0007": b"x"}
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in other.items()}
    recorded = content(small.manifest.entries, hashes)
    (tmp_path / DIGEST_KEY).write_text(recorded.digest)
    (tmp_path / HASHES_KEY).write_bytes(recorded.hashes)
    code, output = ended(aiapp_fetch(small, target, "--recorded", str(tmp_path)))
    assert (code, termination_message(target)["reason"]) == (3, "ContentChanged"), output
    assert "0/0007 has SHA-256" in str(termination_message(target)["message"])


def test_a_process_that_is_killed_fails_the_fetch_and_the_next_asks_for_the_rest_alone(
    small: Package, target: Path, proxy: FaultProxy
) -> None:
    process, found = stalled(small, target, proxy)
    os.kill(found[0], signal.SIGKILL)
    code, output = ended(process)
    assert (code, termination_message(target)["reason"]) == (1, "FetchFailed"), output
    assert "was killed" in str(termination_message(target)["message"])
    require_rest_alone(small, target, proxy)


@by_a_signal
def test_a_signal_to_the_first_ends_all_and_the_next_asks_for_the_rest_alone(
    small: Package, target: Path, proxy: FaultProxy, sent: signal.Signals, code: int
) -> None:
    process, found = stalled(small, target, proxy)
    process.send_signal(sent)
    assert ended(process)[0] == code
    eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in found))
    require_rest_alone(small, target, proxy)


def test_the_first_failure_ends_all(small: Package, target: Path, proxy: FaultProxy) -> None:
    refused = "/0/0007"
    stalls = stalling(DONE)
    seen = threading.Event()

    def rule(request: Request) -> Fault:
        if refused in request.target:
            seen.set()
            return Fault(status=HTTPStatus.FORBIDDEN)
        return stalls(request) if seen.is_set() else NO_FAULT

    proxy.rule = rule
    code, output = ended(aiapp_fetch(small, target, endpoint=proxy.endpoint))
    assert (code, termination_message(target)["reason"]) == (4, "AccessDenied"), output
    assert refused in str(termination_message(target)["message"])


def test_a_failure_of_the_first_process_ends_the_others(small: Package, target: Path, proxy: FaultProxy) -> None:
    """They would wait for their store for ever."""
    proxy.rule = lambda request: (
        Fault(status=HTTPStatus.FORBIDDEN) if "model.bin" in request.target else Fault(stall_after=0)
    )
    code, output = ended(aiapp_fetch(small, target, endpoint=proxy.endpoint))
    assert (code, termination_message(target)["reason"]) == (4, "AccessDenied"), output
