"""One fetch from start to end: checks the manifest, finds what is there, downloads the rest, writes the server."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import Content, content
from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY, Manifest, OtherManifestError, read_pinned
from aiapp.domain.printable import printable
from aiapp.fetch.disk.target import Target
from aiapp.fetch.download.downloader import Download, divided
from aiapp.fetch.download.fork_pool import ForkPool, processes
from aiapp.fetch.download.processors import usable
from aiapp.fetch.expected_content import Verified, expected_content
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http.s3_reader import Access, S3Reader
from aiapp.fetch.http.tickets import Operator, Tickets
from aiapp.fetch.progress import Meter, Tally, Totals, shown

TERMINATION_BYTES: Final = 4096
"""The kubelet keeps no more of a termination message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be fetched, and where to."""

    manifest: Path
    pin: str
    access: Access
    operator: Operator | None = None
    """Gives tickets for what is to be fetched; None: the keys of `access` do."""
    target: Path
    server: Path | None
    """Where the model server is written; the journal lies beside it."""
    recorded: Path | None = None
    """Folder with what is recorded of the content; may be empty or absent."""
    stated: str | None = None
    """The content digest that the source states."""
    metrics_file: Path | None = None
    """Where progress is written for Prometheus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The result of a fetch."""

    content: Content
    verified: Verified
    files: int
    bytes: int
    downloaded: int
    """Bytes that were not there already."""
    seconds: float

    def message(self) -> str:
        """The termination message of a success; the hashes are in it where they fit."""
        fields = {
            "digest": self.content.digest,
            "verified": self.verified,
            "files": self.files,
            "bytes": self.bytes,
            "downloaded": self.downloaded,
            "seconds": round(self.seconds, 1),
        }
        with_hashes = json.dumps(fields | {"hashes": base64.b64encode(self.content.hashes).decode()})
        return with_hashes if len(with_hashes) <= TERMINATION_BYTES else json.dumps(fields)


def failure_message(error: FetchError) -> str:
    """The termination message of a failure, cut to what the kubelet keeps."""
    text = printable(error.message, TERMINATION_BYTES)
    while len((message := _failure_json(error, text)).encode()) > TERMINATION_BYTES:
        text = text[: len(text) * 9 // 10]
    return message


def _failure_json(error: FetchError, text: str) -> str:
    return json.dumps({"reason": error.reason.value, "message": text}, ensure_ascii=False)


def fetch(request: Request, clock: Callable[[], float]) -> Fetched:
    """Fetches what is requested. Raises FetchError; complete files stay on disk for the next attempt."""
    begun = clock()
    manifest = pinned(request.manifest, request.pin)
    expected = expected_content(request.recorded, request.stated, manifest)
    target = Target(request.target, request.server.with_name("fetched.jsonl") if request.server else None)
    target.prepare()
    entries = list(manifest.entries)
    present = expected.kept(target.complete(entries))
    wanted = [entry for entry in entries if entry.path not in present]
    missing = sum(entry.size for entry in wanted)
    target.require_space(wanted)
    meter = Meter(Totals(manifest.bytes, manifest.objects), Totals(manifest.bytes - missing, len(present)), clock)
    access = _with_tickets(request, manifest, clock)
    fetched = _Fetch(access, target, meter, expected.hashes, request.metrics_file).run(wanted)
    found = content(entries, {path: file.sha256 for path, file in present.items()} | fetched)
    verified = expected.verify(found.digest)
    target.finish(fetched)
    _write_server(request.server)
    return Fetched(
        content=found,
        verified=verified,
        files=manifest.objects,
        bytes=manifest.bytes,
        downloaded=missing,
        seconds=clock() - begun,
    )


def _with_tickets(request: Request, manifest: Manifest, clock: Callable[[], float]) -> Access:
    """How the files are reached, once the operator has been asked where that is for it to say."""
    if request.operator is None:
        return request.access
    return replace(request.access, tickets=Tickets(request.operator, request.pin, manifest.entries, clock))


class _Fetch:
    """Downloads what is missing: many small files in processes of their own, all else in threads of this one."""

    def __init__(
        self, access: Access, target: Target, meter: Meter, hashes: Mapping[str, str], metrics_file: Path | None
    ) -> None:
        self._access = access
        self._target = target
        self._meter = meter
        self._hashes = hashes
        self._metrics_file = metrics_file

    def run(self, wanted: Sequence[Entry]) -> dict[str, str]:
        """The SHA-256 of each file by path."""
        large, small = divided(entry for entry in wanted if entry.content is None)
        tally = self._meter.tally()
        source = S3Reader(self._access, tally.retry)  # refuses what cannot work before anything is started
        download = Download(source, self._target, tally, self._hashes)
        with self._fork_pool(small) as pool, shown(self._meter, self._metrics_file):
            if pool is None:
                fetched = download.run(large, iter(small))
            else:
                fetched = download.run(large, iter(()), pool) | pool.hashed()
            return fetched | self._written(wanted, tally)

    def _written(self, wanted: Sequence[Entry], tally: Tally) -> dict[str, str]:
        """The files that lie in the manifest itself; their ETag is their SHA-256."""
        held = {entry: entry.content for entry in wanted if entry.content is not None}
        for entry, file in held.items():
            self._target.put(entry, memoryview(file), entry.etag)
            tally.complete(entry.size)
        return {entry.path: entry.etag for entry in held}

    @contextmanager
    def _fork_pool(self, small: Sequence[Entry]) -> Iterator[ForkPool | None]:
        number = processes(len(small), usable())
        if not number:
            yield None
            return
        with closing(
            ForkPool(small, [self._meter.tally() for _ in range(number)], partial(self._share, number))
        ) as pool:
            yield pool

    def _share(self, share: int, entries: Iterator[Entry], tally: Tally) -> dict[str, str]:
        source = S3Reader(self._access, tally.retry, share)
        return Download(source, self._target, tally, self._hashes).run([], entries)


def pinned(path: Path, pin: str) -> Manifest:
    """The manifest, if it is the pinned one. Raises FetchError."""
    try:
        return read_pinned(_payload(path), pin)
    except OtherManifestError as error:
        raise FetchError(Reason.CONTENT_CHANGED, f"the manifest {path}: {error}; nothing was fetched") from error
    except (OSError, ManifestError) as error:
        raise FetchError(Reason.FETCH_FAILED, f"the manifest {path} cannot be read: {error}") from error


def _payload(path: Path) -> bytes:
    """The content of a file, or of its parts in a folder into which the ConfigMaps of a large manifest are mounted."""
    parts = sorted(path.glob(f"{CONFIG_MAP_KEY}.*")) if path.is_dir() else [path]
    return b"".join(part.read_bytes() for part in parts)


def _write_server(path: Path | None) -> None:
    if path is not None:
        from aiapp.serve.bundle import write  # noqa: PLC0415 - not needed where nothing is served

        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
