"""How fast `aiapp fetch` is beside the programs that people fetch models with: same server, same run, interleaved.

Most of them verify nothing. Writes only below temporary folders: in memory, so that the disk is not measured; and once
on disk, until the bytes are there.
"""

import compileall
import hashlib
import http.client
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.bench.byte_server import BUCKET, byte_server, objects, write_listing
from tests.bench.fetchers import OURS, PROGRAMS, Package
from tests.bench.report import Figure, report
from tests.bench.usage import family_mib

from aiapp.domain.artifact import manifest as manifests
from aiapp.domain.objectstore.listing import Listed

KEYS: Final = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_REGION": "us-east-1"}
MEMORY: Final = Path("/dev/shm")
SOURCES: Final = "operator"
SPARE: Final = 1 << 30
"""Bytes of memory that a run may take beside the files: sockets, the program itself."""
LOOK_SECONDS: Final = 0.02
"""Between two looks at a program's memory."""
MIB: Final = 1 << 20
KIB: Final = 1 << 10
SHAPES: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "object": ("object of 2 GiB", (2048 * MIB,)),
    "small": ("2,000 of 64 KiB", (64 * KIB,) * 2000),
    "tree": ("4 of 384 MiB, 200 of 1 to 200 KiB", (384 * MIB,) * 4 + tuple(KIB * n for n in range(1, 201))),
}
"""Prefix in the bucket: what it is called, and the sizes of its files."""
LAUNCHER: Final = """
import os, sys, time
begun = time.monotonic()
child = os.fork()
if not child:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
if sys.argv[1]:
    descriptor = os.open(sys.argv[1], os.O_RDONLY)
    import ctypes
    ctypes.CDLL(None).syncfs(descriptor)
wall = time.monotonic() - begun
print(os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime)
"""
"""Its first argument: a folder whose file system is synced before the clock is stopped, or nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one program took."""

    wall: float
    cpu: float


def run(rounds: int = 5) -> None:
    """Measure and report; the median of the rounds counts."""
    compileall.compile_dir(SOURCES, quiet=2)  # as it is in the image, and as pip leaves the others
    with (
        tempfile.TemporaryDirectory(prefix="aiapp-bench-", dir=MEMORY) as memory,
        tempfile.TemporaryDirectory(prefix="aiapp-bench-") as disk,
        byte_server(Path(memory)) as endpoint,
    ):
        packages = [_uploaded(Path(memory), endpoint, prefix) for prefix in SHAPES]
        figures = [_hash_rate()]
        for package in packages:
            figures += [_ceiling(package), *_figures(package, Path(memory), endpoint, rounds)]
        figures += _durable(packages[0], Path(disk), endpoint, rounds)
    report("fetch", figures)


def _figures(package: Package, folder: Path, endpoint: str, rounds: int) -> Iterator[Figure]:
    """Ours beside each of the others; of verified and unverified, what hashing costs."""
    medians = _measured_in_turn(package, folder, endpoint, rounds)
    memory = {name: _peak_memory(name, package, folder, endpoint) for name in medians}
    speed = {name: round(package.bytes / MIB / taken.wall, 1) for name, taken in medians.items()}
    peers = [name for name in medians if name not in OURS]
    best = max(peers, key=lambda name: speed[name])
    for mine in OURS:
        yield Figure(f"{package.name}: {mine}, beside the best ({best})", "MiB/s", speed[mine], best, speed[best])
        for peer in peers:
            yield Figure(f"{package.name}: {mine}", "MiB/s", speed[mine], peer, speed[peer])
    ours = medians["verified"]
    for peer in peers:
        yield Figure(f"{package.name}: CPU", "s", ours.cpu, peer, medians[peer].cpu)
        yield Figure(f"{package.name}: peak memory", "MiB", memory["verified"], peer, memory[peer])
    without = medians["unverified"]
    yield Figure(f"{package.name}: CPU of verifying", "s", round(ours.cpu - without.cpu, 2), "all of it", ours.cpu)
    yield Figure(f"{package.name}: wall of verifying", "s", round(ours.wall - without.wall, 2), "all of it", ours.wall)


def _measured_in_turn(package: Package, folder: Path, endpoint: str, rounds: int) -> dict[str, Run]:
    runs: dict[str, list[Run]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, command in PROGRAMS.items():
            target = folder / f"target-{name}"
            target.mkdir()
            _warm(package)
            runs[name].append(_measured(command(package, target, endpoint), endpoint))
            _require_complete(name, package, target)
            shutil.rmtree(target)
    return {name: _median(of) for name, of in runs.items()}


def _warm(package: Package) -> None:
    """Have enough free memory at hand: a virtual machine's host takes back what is idle, and gives it anew slowly.

    Measured here: 1 s for 2 GiB that were in use a moment ago, 4 s for others, whoever is the first to touch them.
    """
    size = package.bytes + SPARE
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def _peak_memory(name: str, package: Package, folder: Path, endpoint: str) -> float:
    """MiB of the program and its processes, in a run of its own: looking takes time."""
    target, most = folder / f"target-{name}", 0.0
    target.mkdir()
    with subprocess.Popen(
        PROGRAMS[name](package, target, endpoint), env=_environment(endpoint), stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            most = max(most, family_mib(process.pid))
            time.sleep(LOOK_SECONDS)
    shutil.rmtree(target)
    return round(most, 1)


def _durable(package: Package, folder: Path, endpoint: str, rounds: int) -> Iterator[Figure]:
    """On disk, until the disk has the bytes: what `aiapp fetch` waits for and the others leave to the kernel."""
    runs: dict[str, list[Run]] = {"verified": [], "s5cmd": []}
    for _ in range(rounds):
        for name, of in runs.items():
            target = folder / name
            target.mkdir()
            _warm(package)
            os.sync()  # what the run before has left to write is not this one's
            of.append(_measured(PROGRAMS[name](package, target, endpoint), endpoint, synced=target))
            shutil.rmtree(target)
    mine, other = (package.bytes / MIB / _median(of).wall for of in runs.values())
    yield Figure(f"{package.name}: until the disk has it", "MiB/s", round(mine, 1), "s5cmd, synced", round(other, 1))


def _measured(arguments: Sequence[str], endpoint: str, synced: Path | None = None) -> Run:
    """Under a small process, which counts what it and its processes used."""
    launcher = [sys.executable, "-S", "-c", LAUNCHER, str(synced or ""), *arguments]
    done = subprocess.run(launcher, env=_environment(endpoint), stdout=subprocess.PIPE, text=True, check=False)
    code, wall, cpu = map(float, done.stdout.split())
    if code:
        raise SystemExit(f"{' '.join(arguments)} failed: exit code {code:.0f}")
    return Run(round(wall, 3), round(cpu, 3))


def _require_complete(name: str, package: Package, target: Path) -> None:
    """A program that skips files is not faster."""
    sizes = [path.stat().st_size for path in target.rglob("*") if path.is_file()]
    if (len(sizes), sum(sizes)) != (package.files, package.bytes):
        raise SystemExit(f"{name} left {len(sizes)} files of {sum(sizes)} bytes over {package.name}")


def _median(runs: Sequence[Run]) -> Run:
    return Run(*(statistics.median(values) for values in zip(*((r.wall, r.cpu) for r in runs), strict=True)))


def _environment(endpoint: str) -> Mapping[str, str]:
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONPATH": SOURCES}
    return {**os.environ, **KEYS, **direct, "AWS_ENDPOINT_URL": endpoint, "S3_USE_HTTPS": "0"}


def _hash_rate() -> Figure:
    """What one processor can hash: no verified fetch of one object is faster."""
    content, begun = bytes(MIB), time.process_time()
    digest = hashlib.sha256()
    for _ in range(1024):
        digest.update(content)
    return Figure("SHA-256 of one processor", "MiB/s", round(1024 / (time.process_time() - begun), 1))


def _ceiling(package: Package) -> Figure:
    """What the server can send: curl, many streams at once, writing nothing."""
    command = [
        "curl",
        "-fsS",
        "--no-progress-meter",
        "--parallel",
        "--parallel-max",
        "8",
        "-K",
        str(package.curl) + ".null",
    ]
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Figure(
        f"{package.name}: the server's ceiling", "MiB/s", round(package.bytes / MIB / (time.monotonic() - begun), 1)
    )


def _uploaded(folder: Path, endpoint: str, prefix: str) -> Package:
    name, sizes = SHAPES[prefix]
    content = os.urandom(MIB)
    for number, size in enumerate(sizes):
        path = objects(folder) / prefix / f"{number % 20}" / f"{number:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as written:
            for start in range(0, size, MIB):
                written.write(content[: min(MIB, size - start)])
    manifest = _manifest(folder, endpoint, prefix)
    file, addresses = folder / f"{prefix}.gz", folder / f"{prefix}.curl"
    file.write_bytes(manifest.payload)
    paths = [entry.path for entry in manifest.entries]
    addresses.write_text("".join(f'url = "{endpoint}/{BUCKET}/{prefix}/{p}"\noutput = "{p}"\n' for p in paths))
    null = "".join(f'url = "{endpoint}/{BUCKET}/{prefix}/{p}"\noutput = "/dev/null"\n' for p in paths)
    Path(f"{addresses}.null").write_text(null)
    return Package(name, prefix, len(sizes), sum(sizes), file, manifest.pin, addresses)


def _manifest(folder: Path, endpoint: str, prefix: str) -> manifests.Manifest:
    """Of what the server says, which is also what its listing says."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)
    listed = []
    for path in sorted(path for path in (objects(folder) / prefix).rglob("*") if path.is_file()):
        key = str(path.relative_to(objects(folder)))
        connection.request("HEAD", f"/{BUCKET}/{key}")
        answer = connection.getresponse()
        answer.read()
        listed.append(Listed(key, int(answer.headers["Content-Length"]), answer.headers["ETag"]))
    connection.close()
    write_listing(folder, prefix, [(one.key, one.size, one.etag) for one in listed])
    return manifests.from_listing(sorted(listed), f"{prefix}/")
