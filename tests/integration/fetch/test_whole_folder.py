"""A download is there as a whole or not at all, goes on where it was interrupted, and touches nothing else."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS, RANGE
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request
from tests.support.fetching import PREFIX, Package, files_below
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import Content, content
from aiapp.fetch.failures import FetchError
from aiapp.fetch.run import Fetched
from aiapp.fetch.whole_folder import Wanted, fetch_whole

MODEL = PREFIX + "model.bin"


def known(package: Package) -> Content:
    """What a fetch in a pod has found."""
    return content(package.manifest.entries, {path: sha256(body) for path, body in package.contents.items()})


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def wanted(package: Package, endpoint: str | None = None, digest: Content | None = None) -> Wanted:
    access = package.request(Path("unused/x"), endpoint).access
    return Wanted(manifest=package.manifest, content=digest, access=access)


def fetched(
    package: Package, folder: Path, endpoint: str | None = None, digest: Content | None = None
) -> Fetched | None:
    return fetch_whole(wanted(package, endpoint, digest), folder, time.monotonic)


def refused(package: Package, folder: Path, digest: Content | None = None) -> FetchError:
    with pytest.raises(FetchError) as failed:
        fetched(package, folder, digest=digest)
    return failed.value


def beside(folder: Path) -> list[Path]:
    """What lies beside it for the next attempt."""
    return list(folder.parent.glob(f".{folder.name}.*"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the package is to be; its parent is not there yet."""
    return tmp_path / "downloads" / "mnist"


@pytest.mark.parametrize("make", [lambda _: None, lambda folder: folder.mkdir(parents=True)], ids=["absent", "empty"])
def test_a_package_comes_to_a_folder_that_is_absent_or_empty(
    package: Package, folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder)
    done = fetched(package, folder, digest=known(package))
    assert files_below(folder) == CONTENTS
    assert done is not None
    assert (done.content.digest, done.verified) == (package.digest, "SHA256")
    assert beside(folder) == []


def test_what_failed_is_not_there_and_goes_on_with_what_is_missing(
    package: Package, folder: Path, proxy: FaultProxy
) -> None:
    def without_the_last_range(request: Request) -> Fault:
        is_last = request.headers.get("range", "").startswith(f"bytes={5 * RANGE}-")
        return Fault(stall_after=0) if is_last else NO_FAULT

    def others_are_there() -> bool:
        others = CONTENTS.keys() - {"model.bin"}
        return any(all((place / "package" / path).exists() for path in others) for place in beside(folder))

    def attempt() -> FetchError:
        with pytest.raises(FetchError) as failed:
            fetched(package, folder, proxy.endpoint)
        return failed.value

    proxy.rule = without_the_last_range
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(attempt)
        eventually(others_are_there)
        proxy.rule = lambda _: Fault(status=HTTPStatus.FORBIDDEN)
        assert ended.result().reason in {Reason.ACCESS_DENIED, Reason.ENDPOINT_UNREACHABLE}
    assert not folder.exists()
    proxy.rule = lambda _: NO_FAULT
    proxy.requests.clear()
    assert fetched(package, folder, proxy.endpoint) is not None
    assert {request.target.rpartition("/")[2] for request in proxy.gets} == {"model.bin"}
    assert files_below(folder) == CONTENTS
    assert beside(folder) == []


@pytest.mark.parametrize("name", ["notes.txt", "config.json", ".hidden/x"])
def test_a_folder_with_anything_else_is_refused_and_left_as_it_is(package: Package, folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("mine")
    assert "is not empty" in refused(package, folder, known(package)).message
    assert files_below(folder) == {name: b"mine"}
    assert beside(folder) == []


def test_a_file_or_a_link_in_its_place_is_refused(package: Package, folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(tmp_path)
    assert "is not empty" in refused(package, folder, known(package)).message
    folder.unlink()
    folder.write_text("mine")
    assert "is not empty" in refused(package, folder, known(package)).message
    assert folder.read_text() == "mine"


def test_a_folder_that_holds_the_content_is_not_fetched_again(package: Package, folder: Path) -> None:
    fetched(package, folder)
    assert fetched(package, folder, "http://127.0.0.1:1", known(package)) is None
    assert "no digest is known yet to compare it by" in refused(package, folder).message
    (folder / "more").write_text("mine")
    assert "does not hold this content" in refused(package, folder, known(package)).message
    (folder / "more").unlink()
    (folder / "config.json").write_text("[]")
    assert "is not empty" in refused(package, folder, known(package)).message


def test_another_content_than_the_known_one_is_refused_and_nothing_of_it_is_kept(
    package: Package, folder: Path
) -> None:
    error = refused(package, folder, Content(f"sha256:{'00' * 32}"))
    assert error.reason is Reason.CONTENT_CHANGED
    assert not folder.exists()
    assert beside(folder) == []


def test_an_object_that_was_replaced_since_is_named(package: Package, folder: Path, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=MODEL, Body=b"another")
    error = refused(package, folder, known(package))
    assert error.reason is Reason.CONTENT_CHANGED
    assert MODEL in error.message
    assert not folder.exists()


def test_two_at_once_do_not_share_a_place(package: Package, folder: Path) -> None:
    place = folder.with_name(f".{folder.name}.{package.manifest.pin[7:19]}.aiapp")
    place.mkdir(parents=True)
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert "another process fetches" in refused(package, folder).message
    os.close(descriptor)
    assert fetched(package, folder) is not None


def test_what_is_left_of_another_package_is_not_taken(package: Package, folder: Path) -> None:
    other = replace(package.manifest, pin=f"sha256:{'ee' * 32}")
    left = folder.with_name(f".{folder.name}.{other.pin[7:19]}.aiapp") / "package"
    left.mkdir(parents=True)
    (left / "stray.py").write_text("no part of it")
    fetched(package, folder)
    assert files_below(folder) == CONTENTS
