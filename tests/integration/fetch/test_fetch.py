"""What a fetch leaves on disk: exactly what was pinned, or nothing that could be taken for it."""

import errno
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.integration.fetch.conftest import CONTENTS, RANGE
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request
from tests.support.fetching import PREFIX, Package, files_below, pinned_package
from tests.support.sandbox import Bucket
from typing_extensions import Buffer

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import inline_entry
from aiapp.domain.artifact.manifest import COMPOSED_TAG, composed
from aiapp.domain.objectstore.keys import RESERVED
from aiapp.fetch.disk import parts
from aiapp.fetch.download import downloader
from aiapp.fetch.failures import FetchError, path_of
from aiapp.fetch.http import limiter
from aiapp.fetch.http.s3_reader import S3Reader
from aiapp.fetch.run import Fetched, fetch

FORBIDDEN = HTTPStatus.FORBIDDEN
Pwrite = Callable[[int, Buffer, int], int]
MODEL = PREFIX + "model.bin"


def fetched(package: Package, target: Path, endpoint: str | None = None) -> Fetched:
    return fetch(package.request(target, endpoint), time.monotonic)


def failure(package: Package, target: Path, endpoint: str | None = None) -> FetchError:
    with pytest.raises(FetchError) as failed:
        fetched(package, target, endpoint)
    return failed.value


def test_exactly_the_pinned_files_arrive_and_the_digest_is_that_of_their_content(
    package: Package, target: Path
) -> None:
    done = fetched(package, target)
    assert files_below(target) == CONTENTS
    assert done.content.digest == package.digest
    assert (done.files, done.bytes) == (len(CONTENTS), sum(map(len, CONTENTS.values())))
    assert (target.with_name("server") / "serve.pyz").stat().st_size > 0


def test_files_come_from_several_folders_and_from_the_manifest_itself(
    package: Package, target: Path, tmp_path: Path
) -> None:
    placed = [
        inline_entry("config.json", b"{}"),
        *(
            replace(entry, path=f"moved/{entry.path}", key=f"{PREFIX}{entry.path}")
            for entry in package.manifest.entries
        ),
    ]
    manifest = composed(placed, COMPOSED_TAG)
    (tmp_path / "composed.gz").write_bytes(manifest.payload)
    whole = replace(package, location=replace(package.location, prefix=""), manifest=manifest)
    asked = replace(whole, file=tmp_path / "composed.gz").request(target)
    done = fetch(asked, time.monotonic)
    assert files_below(target) == {"config.json": b"{}"} | {f"moved/{path}": body for path, body in CONTENTS.items()}
    assert done.files == len(CONTENTS) + 1
    assert fetch(asked, time.monotonic).downloaded == 0


def test_every_request_holds_the_store_to_the_pinned_state(package: Package, target: Path, proxy: FaultProxy) -> None:
    fetched(package, target, proxy.endpoint)
    etags = {f'"{entry.etag}"' for entry in package.manifest.entries}
    assert proxy.gets
    assert {request.headers.get("if-match") for request in proxy.gets} == etags


def test_folder_markers_are_not_files(bucket: Bucket, tmp_path: Path, target: Path) -> None:
    package = pinned_package(bucket, tmp_path, {"a": b"1", "folder/b": b"2"})
    bucket.client.put_object(Bucket=bucket.name, Key=PREFIX + "marker/", Body=b"")
    fetched(package, target)
    assert files_below(target) == {"a": b"1", "folder/b": b"2"}


def test_an_object_replaced_after_pinning_fails_the_fetch_and_nothing_of_it_is_kept(
    package: Package, target: Path, bucket: Bucket
) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=MODEL, Body=b"other content")
    failed = failure(package, target)
    assert failed.reason is Reason.CONTENT_CHANGED
    assert MODEL in failed.message
    assert not (target / "model.bin").exists()
    assert not any(b"other content" in content for content in files_below(target).values())


def test_an_object_replaced_between_two_parts_fails_the_fetch(
    package: Package, target: Path, bucket: Bucket, proxy: FaultProxy
) -> None:
    other = b"x" * len(CONTENTS["model.bin"])

    def replacing(request: Request) -> Fault:
        if request.headers.get("range", "").startswith(f"bytes={2 * RANGE}-"):
            bucket.client.put_object(Bucket=bucket.name, Key=MODEL, Body=other)
        return NO_FAULT

    proxy.rule = replacing
    failed = failure(package, target, proxy.endpoint)
    assert failed.reason is Reason.CONTENT_CHANGED
    assert MODEL in failed.message
    assert not (target / "model.bin").exists()


def test_a_disk_that_fails_in_the_middle_of_a_range_is_no_fault_of_the_store(
    package: Package, target: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(descriptor: int, content: Buffer, start: int, pwrite: Pwrite = os.pwrite) -> int:
        if start % RANGE:
            raise OSError(errno.EIO, "Input/output error")
        return pwrite(descriptor, content, start)

    monkeypatch.setattr(downloader, "PIECE_BYTES", 1)
    monkeypatch.setattr(os, "pwrite", write)
    with pytest.raises(OSError, match="Input/output error"):
        fetched(package, target, proxy.endpoint)
    asked = [request.headers.get("range") for request in proxy.gets]
    assert len(asked) == len(set(asked))


def test_a_request_that_is_given_up_leaves_its_place_to_the_next(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "FEWEST", 1)
    source = S3Reader(package.request(Path("unused")).access, lambda: None)
    entry = next(entry for entry in package.manifest.entries if entry.path == "model.bin")
    into = memoryview(bytearray(entry.size))
    with closing(source.arriving(entry, 0, into)) as arriving:
        next(arriving)
    source.read(entry, 1, into[1:])
    assert into[1:] == CONTENTS["model.bin"][1:]
    source.close()


def test_in_a_versioned_bucket_the_pinned_version_is_served(
    bucket: Bucket, tmp_path: Path, target: Path, proxy: FaultProxy
) -> None:
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    package = pinned_package(bucket, tmp_path, {"config.json": b"{}", "model.bin": b"pinned"})
    bucket.client.put_object(Bucket=bucket.name, Key=MODEL, Body=b"newer!")
    bucket.client.delete_object(Bucket=bucket.name, Key=PREFIX + "config.json")
    fetched(package, target, proxy.endpoint)
    assert files_below(target) == {"config.json": b"{}", "model.bin": b"pinned"}
    assert all("versionId=" in request.target for request in proxy.gets)


def test_a_second_fetch_asks_for_nothing(package: Package, target: Path, proxy: FaultProxy) -> None:
    first = fetched(package, target)
    second = fetched(package, target, proxy.endpoint)
    assert proxy.requests == []
    assert (second.content.digest, second.downloaded) == (first.content.digest, 0)


def test_a_file_that_was_changed_on_disk_is_fetched_again(package: Package, target: Path, proxy: FaultProxy) -> None:
    fetched(package, target)
    (target / "model.bin").write_bytes(b"x" * len(CONTENTS["model.bin"]))
    (target / "config.json").unlink()
    fetched(package, target, proxy.endpoint)
    assert files_below(target) == CONTENTS
    assert {request.target.rpartition("/")[2] for request in proxy.gets} == {"model.bin", "config.json"}


def test_a_part_written_before_the_machine_restarted_is_not_trusted(
    package: Package, target: Path, monkeypatch: pytest.MonkeyPatch, proxy: FaultProxy
) -> None:
    proxy.rule = lambda request: Fault(status=FORBIDDEN) if f"bytes={5 * RANGE}-" in str(request) else NO_FAULT
    failure(package, target, proxy.endpoint)
    for part in (target / RESERVED).glob("*.part"):
        part.write_bytes(b"\0" * part.stat().st_size)
    monkeypatch.setattr(parts, "boot", lambda: "another boot")
    done = fetched(package, target)
    assert done.content.digest == package.digest


def test_another_manifest_than_the_pinned_one_is_refused_before_any_request(
    package: Package, target: Path, bucket: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    pinned_package(bucket, tmp_path, {"config.json": b"{ }"})
    failed = failure(package, target, proxy.endpoint)
    assert failed.reason is Reason.CONTENT_CHANGED
    assert package.manifest.pin in failed.message
    assert (proxy.requests, target.exists()) == ([], False)


def test_too_small_a_volume_is_said_before_the_first_byte(
    package: Package, target: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    failed = failure(package, target, proxy.endpoint)
    assert failed.reason is Reason.LIMIT_EXCEEDED
    assert str(target) in failed.message
    assert proxy.requests == []


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no fetch may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept.part").write_bytes(b"kept")
    return folder


def test_a_link_in_place_of_a_folder_of_the_package_is_not_followed(
    package: Package, target: Path, outside: Path
) -> None:
    target.mkdir(parents=True)
    (target / "variables").symlink_to(outside)
    with pytest.raises(OSError, match="variables"):
        fetched(package, target)
    assert files_below(outside) == {"kept.part": b"kept"}


def test_a_link_in_place_of_the_folder_of_parts_is_removed(package: Package, target: Path, outside: Path) -> None:
    target.mkdir(parents=True)
    (target / RESERVED).symlink_to(outside)
    fetched(package, target)
    assert files_below(outside) == {"kept.part": b"kept"}
    assert files_below(target) == CONTENTS


def test_a_pipe_in_place_of_a_file_that_was_fetched_is_replaced_and_not_waited_for(
    package: Package, target: Path
) -> None:
    fetched(package, target)
    (target / "config.json").unlink()
    os.mkfifo(target / "config.json")
    fetched(package, target)
    assert files_below(target) == CONTENTS


def test_a_folder_in_place_of_a_file_that_was_fetched_is_named(package: Package, target: Path) -> None:
    fetched(package, target)
    (target / "config.json").unlink()
    (target / "config.json").mkdir()
    with pytest.raises(IsADirectoryError) as failed:
        fetched(package, target)
    assert path_of(failed.value) == "config.json"


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(package: Package, target: Path, outside: Path) -> None:
    target.mkdir(parents=True)
    (target / "config.json").symlink_to(outside / "kept.part")
    fetched(package, target)
    assert files_below(outside) == {"kept.part": b"kept"}
    assert files_below(target) == CONTENTS
