"""Packages in a bucket, and the fetcher run over them, in this process or as one of its own."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.sandbox import Bucket
from tests.support.stores import LOCAL_RANGE

from aiapp.domain.artifact import manifest as manifests
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Hashed, Manifest
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.run import Request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "models/m-1/"


@dataclass(frozen=True)
class Package:
    """A pinned package: what was uploaded, its manifest as a file, and where it lies."""

    contents: Mapping[str, bytes]
    manifest: Manifest
    file: Path
    location: Location
    keys: Credentials

    @property
    def digest(self) -> str:
        """The content digest, computed from what was uploaded."""
        hashed = (Hashed(p, len(c), hashlib.sha256(c).hexdigest()) for p, c in self.contents.items())
        return manifests.content_digest(hashed)

    def request(self, target: Path, endpoint: str | None = None, ca_bundle: bytes | None = None) -> Request:
        """A request to fetch it into `target`, through another endpoint when given."""
        location = replace(self.location, endpoint=endpoint or self.location.endpoint)
        access = Access(location, self.keys, ca_bundle, allow_http=True)
        return Request(
            manifest=self.file,
            pin=self.manifest.pin,
            access=access,
            target=target,
            server=target.with_name("server") / "serve.pyz",
        )


def pinned_package(bucket: Bucket, folder: Path, contents: Mapping[str, bytes]) -> Package:
    """Upload the files below `PREFIX`, pin them, and write the manifest into `folder`."""
    for path, content in contents.items():
        bucket.client.put_object(Bucket=bucket.name, Key=PREFIX + path, Body=content)
    manifest = pinned_manifest(bucket.client, bucket.name)
    file = folder / "manifest.gz"
    file.write_bytes(manifest.payload)
    location = Location(bucket.name, PREFIX, bucket.endpoint, bucket.region, "Path")
    return Package(contents, manifest, file, location, Credentials(bucket.access_key, bucket.secret_key))


def pinned_manifest(client: "S3Client", bucket: str) -> Manifest:
    """What the store has now, with version ids where the bucket has them."""
    heads = []
    for found in client.list_objects_v2(Bucket=bucket, Prefix=PREFIX).get("Contents", []):
        head = client.head_object(Bucket=bucket, Key=found["Key"])
        heads.append(Listed(found["Key"], found["Size"], head["ETag"], head.get("VersionId")))
    return manifests.from_listing(sorted(heads), PREFIX)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def aiapp_fetch(package: Package, target: Path, *more: str, endpoint: str | None = None) -> subprocess.Popen[str]:
    """The command itself; its termination message goes to `termination` beside the target."""
    location = package.location
    arguments = [
        *("--manifest", str(package.file), "--pin", package.manifest.pin, "--uri", location.uri),
        *("--endpoint", endpoint or location.endpoint or "", "--allow-http", "--addressing", "Path"),
        *("--allow-range", LOCAL_RANGE),
        *("--target", str(target), "--server", str(target.with_name("server") / "serve.pyz")),
        *("--termination-log", str(target.with_name("termination")), *more),
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ |= {"AWS_ACCESS_KEY_ID": package.keys.access_key_id}
    environ |= {"AWS_SECRET_ACCESS_KEY": package.keys.secret_access_key}
    environ |= {"PYTHONPATH": "operator", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return subprocess.Popen(
        [sys.executable, "-m", "aiapp", "fetch", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def entry(manifest: Manifest, path: str) -> Entry:
    """The entry of one path."""
    return next(entry for entry in manifest.entries if entry.path == path)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and output, which ends when the last process that holds it has ended."""
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def termination_message(target: Path) -> dict[str, object]:
    """The termination message, short enough for the kubelet."""
    message = target.with_name("termination").read_text("utf-8")
    assert len(message.encode()) <= 4096
    loaded = json.loads(message)
    assert isinstance(loaded, dict)
    return loaded


by_a_signal = pytest.mark.parametrize(
    ("sent", "code"),
    [pytest.param(signal.SIGKILL, -9, id="kill -9"), pytest.param(signal.SIGTERM, 143, id="SIGTERM")],
)
"""How a fetch can be ended from outside, and its exit code then."""
