"""How fast `aiapp fetch` is beside curl and s5cmd, which verify nothing: same server, same run, interleaved.

Writes only below a temporary folder; starts its own S3 server (versitygw) and ends it.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from tests.bench.report import Figure, report
from tests.support.waiting import eventually

from aiapp.domain import manifest as manifests
from aiapp.sandbox import build
from aiapp.sandbox.pins import TOOLS, Module, Tool
from aiapp.sandbox.progress import Silent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

S5CMD: Final = Tool("s5cmd", Module("s5cmd", parent=Path(__file__).parent / "go"), "github.com/peak/s5cmd/v2", "v2.3.0")
KEYS: Final = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_REGION": "us-east-1"}
BUCKET: Final = "bench"
MIB: Final = 1 << 20
SHAPES: Final = {"1 GiB object": (1, 1024 * MIB), "2,000 x 64 KiB": (2000, 64 * 1024)}
"""Number of objects, and bytes of each."""
CURL_PARALLEL: Final = 32


LAUNCHER: Final = """
import os, sys, time
begun = time.monotonic()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - begun
print(os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@dataclass(frozen=True, slots=True)
class Package:
    """One shape of package in the bucket, with what each program needs to fetch it."""

    name: str
    files: int
    prefix: str
    manifest: Path
    pin: str
    curl: Path
    """curl's list of signed addresses and file names."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one program took."""

    wall: float
    cpu: float
    rss_mib: float


Command = Callable[[Package, Path, str], Sequence[str]]


def ours(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """Verified: pin, If-Match, SHA-256 of every file, fsync."""
    where = (
        "--uri",
        f"s3://{BUCKET}/{package.prefix}",
        "--endpoint",
        endpoint,
        "--allow-http",
        "--allow-range",
        "127.0.0.0/8",
    )
    pinned = ("--manifest", str(package.manifest), "--pin", package.pin)
    return (sys.executable, "-m", "aiapp", "fetch", *pinned, *where, "--target", str(target))


def s5cmd(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """As it comes."""
    program = build.built([S5CMD], os.environ, Silent())["s5cmd"]
    return (
        str(program),
        "--log",
        "error",
        "--endpoint-url",
        endpoint,
        "cp",
        f"s3://{BUCKET}/{package.prefix}*",
        f"{target}/",
    )


def curl(package: Package, target: Path, _: str) -> Sequence[str]:
    """One stream for one object, many in parallel for many; addresses are signed beforehand."""
    parallel = ("--parallel", "--parallel-max", str(CURL_PARALLEL))
    return (
        "curl",
        "-f",
        "--no-progress-meter",
        *parallel,
        "--create-dirs",
        "--output-dir",
        str(target),
        "-K",
        str(package.curl),
    )


PROGRAMS: Final[dict[str, Command]] = {"aiapp": ours, "s5cmd": s5cmd, "curl": curl}


def run(rounds: int = 3) -> None:
    """Measure and report; the median of the rounds counts."""
    with tempfile.TemporaryDirectory(prefix="aiapp-bench-") as folder, _server(Path(folder)) as endpoint:
        client = _client(endpoint)
        client.create_bucket(Bucket=BUCKET)
        packages = [_uploaded(client, Path(folder), name, *shape) for name, shape in SHAPES.items()]
        figures = [figure for package in packages for figure in _figures(package, Path(folder), endpoint, rounds)]
        client.close()
    report("fetch", figures)


def _figures(package: Package, folder: Path, endpoint: str, rounds: int) -> Iterator[Figure]:
    runs: dict[str, list[Run]] = {name: [] for name in PROGRAMS}
    for number in range(rounds):
        for name, command in PROGRAMS.items():
            target = folder / f"target-{name}-{number}"
            runs[name].append(_measured(command(package, target, endpoint), package.name))
            if package.files == 1:  # ext4 is slow to create files where many were just deleted
                shutil.rmtree(target)
    medians = {name: _median(of) for name, of in runs.items()}
    mine = medians.pop("aiapp")
    for peer, other in medians.items():
        yield Figure(f"{package.name}: wall", "s", mine.wall, peer, other.wall)
        yield Figure(f"{package.name}: CPU", "s", mine.cpu, peer, other.cpu)
        yield Figure(f"{package.name}: peak memory", "MiB", mine.rss_mib, peer, other.rss_mib)


def _measured(arguments: Sequence[str], shape: str) -> Run:
    """Under a small process, since peak memory counts from the fork on."""
    os.sync()  # what the run before has left to write is not this one's
    launcher = [sys.executable, "-S", "-c", LAUNCHER, *arguments]
    done = subprocess.run(launcher, env=_environment(), stdout=subprocess.PIPE, text=True, check=False)
    code, wall, cpu, rss = map(float, done.stdout.split())
    if code:
        raise SystemExit(f"{arguments[0]} failed over {shape}: exit code {code:.0f}")
    return Run(round(wall, 3), round(cpu, 3), round(rss / 1024, 1))


def _median(runs: Sequence[Run]) -> Run:
    return Run(*(statistics.median(values) for values in zip(*((r.wall, r.cpu, r.rss_mib) for r in runs), strict=True)))


def _environment() -> Mapping[str, str]:
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONPATH": "operator"}
    return {**os.environ, **KEYS, **direct}


def _uploaded(client: "S3Client", folder: Path, name: str, number: int, size: int) -> Package:
    prefix = f"{number}x{size}/"
    content = os.urandom(MIB)
    body = (content * -(-size // MIB))[:size]

    def upload(place: int) -> None:
        client.put_object(Bucket=BUCKET, Key=f"{prefix}{place % 20}/{place:05}.bin", Body=body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, range(number)))
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    listed = [manifests.Listed(o["Key"], o["Size"], o["ETag"]) for page in pages for o in page.get("Contents", [])]
    manifest = manifests.from_listing(sorted(listed), prefix)
    file, addresses = folder / f"{number}.gz", folder / f"{number}.curl"
    file.write_bytes(manifest.payload)
    addresses.write_text("".join(_curl_lines(client, prefix, manifest)))
    return Package(name, number, prefix, file, manifest.pin, addresses)


def _curl_lines(client: "S3Client", prefix: str, manifest: manifests.Manifest) -> Iterator[str]:
    for entry in manifest.entries:
        address = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": prefix + entry.path})
        yield f'url = "{address}"\noutput = "{entry.path}"\n'


def _client(endpoint: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=KEYS["AWS_REGION"],
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    program = build.built([TOOLS["versitygw"]], os.environ, Silent())["versitygw"]
    objects = folder / "objects"
    objects.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    keys = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    command = [str(program), f"--port=127.0.0.1:{port}", "--quiet", "posix", str(objects)]
    process = subprocess.Popen(command, env={**os.environ, **keys}, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
