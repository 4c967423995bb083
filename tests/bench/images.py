"""What it costs to resolve images in a real registry: CPU of the process that asks, and requests for manifests.

The registry is a process of its own; its access log tells what it was asked.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import Figure, report
from tests.bench.usage import peak_mib, reset_peak, resident_mib
from tests.support.images import image, multi
from tests.support.registries import Registry, running
from tests.support.stores import LOCAL

from aiapp.adapters.registry.client import RegistrySettings
from aiapp.adapters.registry.copying import OwnRegistrySettings, RegistryCopier
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.replica import own_registry
from aiapp.oci.access import RegistryAccess

IMAGES = 1000
INDEXES = 10
"""That the tags of one repository mean."""
AT_ONCE = 8
COPIED_LAYERS, COPIED_LAYER_MIB = 4, 128
PLAIN = RegistryAccess(plain_http=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of all images together."""

    seconds: float
    cpu_seconds: float
    manifests: int
    """Requests for indexes and manifests."""
    blobs: int


def run() -> None:
    """Measures, prints and writes the figures."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), access_log=True) as registry:
        for number in range(IMAGES):
            registry.push("bench/lone", image(run={"Cmd": [str(number)]}), str(number))
        for number in range(INDEXES):
            pushed = multi("amd64", "arm64/v8", run={"Cmd": [str(number)]})
            registry.push("bench/multi", pushed)
            for tag in range(number, IMAGES, INDEXES):
                registry.tag("bench/multi", pushed, str(tag))
        figures = asyncio.run(_figures(registry, Path(folder) / "log"))
        pushed = image(layers=[os.urandom(COPIED_LAYER_MIB << 20) for _ in range(COPIED_LAYERS)])
        registry.push("bench/large", pushed, "1")
        del pushed
        with tempfile.TemporaryDirectory() as own_folder, running(Path(own_folder)) as own:
            figures += asyncio.run(_copy(registry, own))
        report("images", figures)


async def _copy(registry: Registry, own: Registry) -> list[Figure]:
    """From registry to registry, as the operator does it."""
    settings = RegistrySettings(allow_http=True, policy=LOCAL)
    registries = ImageRegistries(settings)
    where = OwnRegistrySettings(place=own_registry(own.address), client=settings, plain_http=True)
    copier = RegistryCopier(where, registries)
    found = await registries.resolve(reference(f"{registry.address}/bench/large:1"), PLAIN)
    ours = os.getpid()
    idle, began, cpu = resident_mib(ours), time.monotonic(), time.process_time()
    reset_peak(ours)
    await copier.copy(found, PLAIN, "bench", lambda _: None)
    seconds, used, peak = time.monotonic() - began, time.process_time() - cpu, peak_mib(ours)
    await copier.close()
    await registries.close()
    what, size = f"copy of {found.bytes >> 20} MiB", found.bytes / 1024**3
    return [
        Figure(f"{what}: CPU a GiB", "s", used / size),
        Figure(f"{what}: most memory over idle", "MiB", peak - idle),
        Figure(f"{what}: rate", "MiB/s", found.bytes / 1024**2 / seconds),
    ]


async def _figures(registry: Registry, log: Path) -> list[Figure]:
    registries = ImageRegistries(RegistrySettings(allow_http=True, policy=LOCAL))
    named = [[reference(f"{registry.address}/bench/{of}:{n}") for n in range(IMAGES)] for of in ("lone", "multi")]
    await registries.resolve(named[0][0], PLAIN)  # what is loaded at the first request is no image's
    rounds = {
        f"{IMAGES:,} images for one platform": named[0],
        f"{IMAGES:,} tags of {INDEXES} indexes for two platforms": named[1],
        f"{IMAGES:,} images that are known": named[0],
    }
    found = [figure for what, images in rounds.items() for figure in _of(what, await _cost(registries, images, log))]
    await registries.close()
    return found


async def _cost(registries: ImageRegistries, images: Iterable[Reference], log: Path) -> Cost:
    slots = asyncio.Semaphore(AT_ONCE)

    async def resolve(one: Reference) -> None:
        async with slots, registries.session("bench") as session:
            await session.resolve(one, PLAIN)

    before = len(_lines(log))
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*map(resolve, images))
    used = time.monotonic() - began, time.process_time() - cpu
    asked = _lines(log)[before:]
    return Cost(*used, sum("/manifests/" in line for line in asked), sum("/blobs/" in line for line in asked))


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def _of(what: str, cost: Cost) -> Iterator[Figure]:
    yield Figure(f"{what}: CPU each", "ms", cost.cpu_seconds / IMAGES * 1e3)
    yield Figure(f"{what}: requests for manifests each", "", cost.manifests / IMAGES)
    yield Figure(f"{what}: requests for configs each", "", cost.blobs / IMAGES)
    yield Figure(f"{what}: altogether", "s", cost.seconds)
