"""What a fetch shows of itself: figures that add up, in a line, and in a file that is never half written."""

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aiapp.domain.fetching.progress import Progress, progress_in
from aiapp.fetch.progress import Meter, Totals, shown, write_metrics

REFERENCE = Path(__file__).parents[3] / "docs/reference/fetch.md"
MIB = 1 << 20
NOTHING = Totals(0, 0)
PROGRESS = Progress(bytes=5, total_bytes=MIB, files=1, total_files=2, bytes_per_second=3, seconds_left=None, retries=4)


@dataclass
class Clock:
    """Set by the test."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def meter(clock: Clock, present: Totals = NOTHING) -> Meter:
    return Meter(Totals(100 * MIB, 10), present, clock)


def test_the_rate_is_of_the_last_seconds_and_the_time_left_of_the_whole() -> None:
    clock = Clock()
    metered = meter(clock)
    tally = metered.tally()
    clock.now = 10
    tally.add(40 * MIB)
    metered.look()
    clock.now = 20
    tally.complete(10 * MIB)
    seen = metered.look()
    assert (seen.bytes, seen.files, seen.percent) == (50 * MIB, 1, 50)
    assert seen.bytes_per_second == MIB
    assert seen.seconds_left == 20
    assert seen.summary == "50.0 MiB of 100.0 MiB (50 %), 1.0 MiB/s, 20 s left"


def test_what_was_there_before_is_done_and_says_nothing_about_the_rate() -> None:
    clock = Clock()
    metered = meter(clock, Totals(90 * MIB, 9))
    tally = metered.tally()
    clock.now = 5
    assert metered.look().seconds_left is None
    tally.add(5 * MIB)
    clock.now = 10
    seen = metered.look()
    assert (seen.bytes, seen.bytes_per_second, seen.seconds_left) == (95 * MIB, MIB, 10)


def test_a_file_that_is_fetched_again_takes_its_bytes_back() -> None:
    clock = Clock()
    metered = meter(clock)
    tally = metered.tally()
    tally.add(10)
    tally.add(-10)
    assert metered.look().bytes == 0


def test_what_another_process_counts_is_added_up() -> None:
    metered = meter(Clock())
    here, there = metered.tally(), metered.tally()
    here.complete(3)
    child = os.fork()
    if not child:
        there.complete(4)
        there.retry()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    seen = metered.look()
    assert (seen.bytes, seen.files, seen.retries) == (7, 2, 1)


def test_a_log_gets_lines_that_programs_read(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    metered = meter(clock)
    tally = metered.tally()
    with shown(metered, None):
        clock.now = 1
        tally.add(100 * MIB)
        tally.retry()
    last = progress_in(capsys.readouterr().out.splitlines()[-1])
    assert last is not None
    assert (last.bytes, last.total_bytes, last.total_files, last.retries) == (100 * MIB, 100 * MIB, 10, 1)


def test_a_line_says_all_of_it_to_programs() -> None:
    assert progress_in(PROGRESS.line) == PROGRESS


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Traceback (most recent call last):",
        "[]",
        '{"digest": "sha256:ab"}',
        '{"progress": "x"}',
        PROGRESS.line.replace('"bytes": 5', '"bytes": "5"'),
        PROGRESS.line.replace('"bytes": 5', '"bytes": -5'),
        PROGRESS.line.replace('"retries": 4', '"retries": null'),
        "[" * 100_000,
    ],
)
def test_any_other_line_says_nothing(line: str) -> None:
    assert progress_in(line) is None


def test_prometheus_reads_the_file_and_the_reference_lists_its_metrics(tmp_path: Path) -> None:
    write_metrics(tmp_path / "fetch.prom", PROGRESS)
    families = list(text_string_to_metric_families((tmp_path / "fetch.prom").read_text("utf-8")))
    found = {sample.name: (family.type, sample.value) for family in families for sample in family.samples}
    assert found["aiapp_fetch_complete_bytes"] == ("gauge", 5)
    assert found["aiapp_fetch_retries_total"] == ("counter", 4)
    listed = re.findall(r"^\| `(aiapp_fetch_\w+)` \| (\w+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    assert listed == [(name, kind) for name, (kind, _) in found.items()]


def test_the_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "fetch.prom"
    write_metrics(path, PROGRESS)
    over = threading.Event()
    sizes: set[int] = set()

    def read() -> None:
        while not over.is_set():
            sizes.add(path.read_text("utf-8").count("\n"))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        write_metrics(path, PROGRESS)
    over.set()
    reader.join()
    assert sizes <= {18}


def test_a_file_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    with shown(meter(Clock()), tmp_path / "absent" / "fetch.prom"):
        pass
