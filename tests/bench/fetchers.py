"""The programs that the fetch bench compares, as command lines. Starts none of them."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.byte_server import BUCKET

from aiapp_sandbox import build
from aiapp_sandbox.pins import Module, Tool
from aiapp_sandbox.progress import Silent

S5CMD: Final = Tool("s5cmd", Module("s5cmd", parent=Path(__file__).parent / "go"), "github.com/peak/s5cmd/v2", "v2.3.0")
KSERVE: Final = "kserve-storage==0.21.0"
CURL_PARALLEL: Final = 32
UNVERIFIED: Final = """
import sys, types
from aiapp.fetch.download import downloader, ranged_file, small_files
class Unhashed:
    def __init__(self, content=b""): pass
    def update(self, content): pass
    def hexdigest(self): return "0" * 64
downloader.hashlib = ranged_file.hashlib = small_files.hashlib = types.SimpleNamespace(sha256=Unhashed)
sys.argv[0] = "aiapp"
from aiapp.cli import main
main()
"""
"""`aiapp fetch` without its hashing, which the product does not offer."""
TRANSFER_MANAGER: Final = """
import os, sys, boto3
from boto3.s3.transfer import TransferConfig, create_transfer_manager
endpoint, bucket, prefix, target = sys.argv[1:]
client = boto3.client("s3", endpoint_url=endpoint)
with create_transfer_manager(client, TransferConfig()) as manager:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            path = os.path.join(target, found["Key"][len(prefix):])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            manager.download(bucket, found["Key"], path)
"""
INITIALIZER: Final = "import sys; from kserve_storage import Storage; Storage.download(sys.argv[1], sys.argv[2])"


@dataclass(frozen=True, slots=True)
class Package:
    """One shape of package in the bucket, with what each program needs to fetch it."""

    name: str
    prefix: str
    files: int
    bytes: int
    manifest: Path
    pin: str
    curl: Path
    """curl's list of addresses and file names."""


Command = Callable[[Package, Path, str], Sequence[str]]


def verified(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """Pin, If-Match, SHA-256 of every file, sync."""
    return (sys.executable, "-m", "aiapp", *_fetch(package, target, endpoint))


def unverified(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """The same without hashing."""
    return (sys.executable, "-c", UNVERIFIED, *_fetch(package, target, endpoint))


def s5cmd(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """As it comes."""
    program = build.built([S5CMD], os.environ, Silent())["s5cmd"]
    source = f"s3://{BUCKET}/{package.prefix}/*"
    return (str(program), "--log", "error", "--endpoint-url", endpoint, "cp", source, f"{target}/")


def curl(package: Package, target: Path, _: str) -> Sequence[str]:
    """One stream for one object, many in parallel for many."""
    quiet = ("curl", "-f", "--no-progress-meter", "--parallel", "--parallel-max", str(CURL_PARALLEL))
    return (*quiet, "--create-dirs", "--output-dir", str(target), "-K", str(package.curl))


def boto3(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    """The TransferManager with its defaults."""
    return (sys.executable, "-c", TRANSFER_MANAGER, endpoint, BUCKET, f"{package.prefix}/", str(target))


def kserve(package: Package, target: Path, _: str) -> Sequence[str]:
    """KServe's storage initializer, in an environment of its own."""
    return (str(_kserve_python()), "-c", INITIALIZER, f"s3://{BUCKET}/{package.prefix}", str(target))


PROGRAMS: Final[dict[str, Command]] = {
    "verified": verified,
    "unverified": unverified,
    "s5cmd": s5cmd,
    "curl": curl,
    "boto3": boto3,
    "KServe": kserve,
}
OURS: Final = ("verified", "unverified")


def _fetch(package: Package, target: Path, endpoint: str) -> Sequence[str]:
    where = ("--uri", f"s3://{BUCKET}/{package.prefix}/", "--endpoint", endpoint, "--addressing", "Path")
    allowed = ("--allow-http", "--allow-range", "127.0.0.0/8")
    pinned = ("--manifest", str(package.manifest), "--pin", package.pin)
    return ("fetch", *pinned, *where, *allowed, "--target", str(target))


def _kserve_python() -> Path:
    """Installed once, below the cache of built programs."""
    folder = build.cache(os.environ).parent / "bench" / KSERVE
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", KSERVE], check=True)
        (folder / "installed").touch()
    return python
