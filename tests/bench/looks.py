"""What a look at an application with many versions costs: CPU of the reconciler, and the memory that it takes.

Reconciler and cache are real; the API server is in memory and takes next to nothing. Each number of versions has a
process of its own.
"""

import asyncio
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

import orjson
from tests.bench.report import Figure, report
from tests.bench.usage import peak_mib, reset_peak, resident_mib
from tests.support import documents
from tests.support.records import stored
from tests.support.world import World

from aiapp.domain.kubernetes.resources import RUNTIMES, VERSIONS, Json
from aiapp.domain.kubernetes.trimming import trimmed_version

SIZES = (1_000, 10_000)
ROUNDS = 9
RUNTIME = "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64"


def run() -> None:
    """Measure; prints and writes the figures."""
    report("looks", [figure for n in SIZES for figure in _apart(n)])


def _apart(n: int) -> list[Figure]:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, n).result()


def measure(n: int) -> list[Figure]:
    """All figures for `n` versions of one application."""
    return asyncio.run(_measured(n))


async def _measured(n: int) -> list[Figure]:
    world, pid = World(), os.getpid()
    imported = await _imported(world)
    empty = resident_mib(pid)
    for number in range(n):
        _hold(world, number, imported)
    full = resident_mib(pid)
    reset_peak(pid)
    first = await _look(world)
    later = [await _changed(world, number, imported) for number in range(ROUNDS)]
    return [
        Figure(f"first look, {n} versions", "ms", first),
        Figure(f"look after a change of one of {n} versions", "ms", median(later)),
        Figure(f"memory of {n} versions, as the cache has them", "MiB", full - empty),
        Figure("of the process by then", "MiB", full),
        Figure("most over that during the looks", "MiB", peak_mib(pid) - full),
        Figure("over that after them", "MiB", resident_mib(pid) - full),
    ]


async def _imported(world: World) -> Json:
    """The status of a version that was imported, and that the application serves."""
    runtime = documents.changed(documents.runtime(RUNTIME), spec__image="r/pytorch:1")
    world.hold(RUNTIMES, stored(runtime), "uid-runtime")
    version = documents.changed(world.now_of(VERSIONS, "mnist-1.0.0"), spec__runtime=RUNTIME)
    world.hold(VERSIONS, version, version["metadata"]["uid"])
    await world.look()
    await world.of_applications(world.application)
    await world.look()
    return world.status


def _hold(world: World, number: int, status: Json) -> None:
    """A version as it comes from the API server, of which nothing is shared with the next."""
    name = f"{2 + number // 10_000}.{number // 100 % 100}.{number % 100}"
    version = documents.changed(documents.version("mnist", name), spec__runtime=RUNTIME)
    document = orjson.loads(orjson.dumps(stored(version, status=status)))
    world.hold(VERSIONS, trimmed_version(document), f"0b1d0000-0000-4000-8000-{number:012}")


async def _changed(world: World, number: int, status: Json) -> float:
    _hold(world, number, status)
    return await _look(world)


async def _look(world: World) -> float:
    """Milliseconds of CPU of this thread."""
    before = time.thread_time()
    await world.of_applications(world.application)
    return (time.thread_time() - before) * 1e3
