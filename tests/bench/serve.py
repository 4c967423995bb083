"""The same small model behind our model server, KServe's and MLServer: same machine, same run, interleaved.

Every server is started anew in each round. The load comes from wrk, which is C and takes a twentieth of the CPU.
"""

import json
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from tests.bench.report import Figure, report
from tests.bench.servers import OURS, PEERS, V1, Kind, Running, prepared, running

CONNECTIONS: Final = (1, 8, 64)
ROUNDS: Final = 5
SECONDS: Final = 4
WARM_UP_SECONDS: Final = 1
_SCRIPT: Final = Path(__file__).with_name("wrk.lua")


class Load(NamedTuple):
    """What wrk measured, and what the server spent meanwhile."""

    rate: float
    """Requests a second."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    cpu: float
    """Milliseconds of the server's CPU a request."""


Measured = dict[str, dict[str, float]]
"""Figures by name and server: medians over the rounds."""


def run() -> None:
    """Measure and report; about five minutes."""
    if not shutil.which("wrk"):
        sys.exit("bench-serve needs wrk: apt-get install wrk")
    kinds = prepared()
    measured = _medians(kinds)
    direct = _direct_ms()
    sys.stdout.write(f"calling the hook directly: {direct:.4f} ms\n")
    report("serve", [*_figures(measured, kinds), *_targets(measured, direct)])


def _medians(kinds: list[Kind]) -> Measured:
    samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(ROUNDS):
        for kind in kinds:
            sys.stdout.write(f"round {number + 1} of {ROUNDS}: {kind.name}\n")
            sys.stdout.flush()
            with tempfile.TemporaryDirectory() as folder, running(kind, Path(folder)) as server:
                for figure, value in _round(server):
                    samples[figure][kind.name].append(value)
    return {figure: {name: statistics.median(v) for name, v in by.items()} for figure, by in samples.items()}


def _round(server: Running) -> Iterator[tuple[str, float]]:
    yield "start to first answer, s", server.first_answer
    yield "memory at rest, MiB", server.memory_mib()
    load(server, 8, WARM_UP_SECONDS)
    for connections in CONNECTIONS:
        found = load(server, connections, SECONDS)
        where = f"{connections} connection{'s' * (connections > 1)}"
        yield f"{where}: requests, 1/s", found.rate
        yield f"{where}: p50, ms", found.p50
        yield f"{where}: p99, ms", found.p99
        yield f"{where}: CPU a request, ms", found.cpu
    yield "memory after load, MiB", server.memory_mib()


def load(server: Running, connections: int, seconds: int) -> Load:
    """Ask for predictions over so many connections, each with one request at a time."""
    before = server.cpu_seconds()
    done = subprocess.run(
        [
            "wrk",
            "--threads=1",
            f"--connections={connections}",
            f"--duration={seconds}s",
            f"--script={_SCRIPT}",
            server.url,
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"BODY": json.dumps(server.kind.request), "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    cpu = server.cpu_seconds() - before
    told: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    if told["failed"]:
        said = f"{server.kind.name}: {told['failed']:.0f} of {told['requests']:.0f} requests failed"
        if server.kind is OURS:
            raise RuntimeError(said)
        sys.stdout.write(f"{said}\n")
    requests = told["requests"]
    return Load(requests / told["microseconds"] * 1e6, told["p50"] / 1000, told["p99"] / 1000, cpu * 1000 / requests)


def _direct_ms() -> float:
    """The median of calling the model with the request's rows, without any server."""
    scores = runpy.run_path(str(PEERS / "hook.py"))["scores"]
    samples = []
    for _ in range(20_000):
        began = perf_counter()
        scores(V1["instances"])
        samples.append(perf_counter() - began)
    return statistics.median(samples) * 1000


def _figures(measured: Measured, kinds: list[Kind]) -> Iterator[Figure]:
    """Ours beside each peer."""
    for figure, values in measured.items():
        title, _, unit = figure.rpartition(", ")
        peers = [kind.name for kind in kinds if kind is not OURS]
        for peer in peers:
            yield Figure(title, unit, values[OURS.name], peer, values[peer])
        if not peers:
            yield Figure(title, unit, values[OURS.name])


def _targets(measured: Measured, direct: float) -> Iterator[Figure]:
    """The figures that there is a target for, derived from the others."""
    p50 = measured["1 connection: p50, ms"][OURS.name]
    yield Figure("p50 over calling the hook directly", "ms", p50 - direct)
    for connections in ("1 connection", "8 connections", "64 connections"):
        spent = measured[f"{connections}: CPU a request, ms"]
        peer = spent.get("kserve")
        yield Figure(
            f"{connections}: requests a CPU second",
            "1/s",
            1000 / spent[OURS.name],
            *(("kserve", 1000 / peer) if peer else ()),
        )
