"""A package in a bucket on a real S3 server, and a proxy with faults in front of that server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.fetching import Package, pinned_package
from tests.support.sandbox import Bucket

from aiapp.fetch.disk import parts
from aiapp.fetch.download import downloader
from aiapp.fetch.http import backoff, s3_reader

RANGE = 256 << 10
CONTENTS = {
    "config.json": b"{}",
    "model.bin": os.urandom(5 * RANGE + 17),
    "empty": b"",
    "variables/deep er/variables.index": b"nested",
    "100%25 of a+b & #c?.txt": b"odd",
    "%2e%2e/x": b"not a way out",
    "模型é.pth": b"any script",
    "n" * 255: b"as long as a name can be",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ranges and short backoff, so that small objects have many ranges and faults cost no time."""
    monkeypatch.setattr(parts, "RANGE_BYTES", RANGE)
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_RETRY_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(s3_reader, "SILENCE_SECONDS", 1)
    monkeypatch.setattr(downloader, "SMALL_BYTES", 16 << 10)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def package(bucket: Bucket, tmp_path: Path) -> Package:
    """Files of every kind, pinned."""
    return pinned_package(bucket, tmp_path, CONTENTS)


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    """In front of the bucket's server; without faults until a test sets a rule."""
    with fault_proxy(bucket.endpoint) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the package goes."""
    return tmp_path / "pod" / "model"
