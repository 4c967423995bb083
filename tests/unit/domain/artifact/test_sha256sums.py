"""A SHA256SUMS file vouches for a package only when it names every other file, in the form that sha256sum writes."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.sha256sums import SUMS, content_by_sums

FILES = {"config.json": b"{}", "weights/model one.bin": b"hello"}
HASHES = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}
CONFIG, MODEL = HASHES["config.json"], HASHES["weights/model one.bin"]


def entries(sums: bytes, *more: str) -> list[Entry]:
    sizes = {path: len(data) for path, data in FILES.items()} | {SUMS: len(sums)} | dict.fromkeys(more, 1)
    return [Entry(path, size, "e") for path, size in sorted(sizes.items())]


@pytest.mark.parametrize(
    "sums",
    [
        pytest.param(f"{CONFIG}  config.json\n{MODEL}  weights/model one.bin\n", id="text mode"),
        pytest.param(f"{CONFIG} *config.json\n{MODEL} *weights/model one.bin\n", id="binary mode"),
        pytest.param(
            f"{MODEL}  ./weights/model one.bin\n{CONFIG}  ./config.json\n", id="as find names them, any order"
        ),
        pytest.param(f"{CONFIG}  config.json\n{MODEL}  weights/model one.bin", id="no line feed at the end"),
        pytest.param(f"{CONFIG.upper()}  config.json\n{MODEL}  weights/model one.bin\n", id="capital hex digits"),
        pytest.param(
            f"{CONFIG}  config.json\n{MODEL}  weights/model one.bin\n{'0' * 64}  SHA256SUMS\n", id="an entry for itself"
        ),
    ],
)
def test_it_vouches_in_the_form(sums: str) -> None:
    own = hashlib.sha256(sums.encode()).hexdigest()
    files = entries(sums.encode())
    assert content_by_sums(sums.encode(), files) == content(files, HASHES | {SUMS: own})


@pytest.mark.parametrize(
    "sums",
    [
        pytest.param(b"", id="empty"),
        pytest.param(f"{CONFIG}  config.json\n".encode(), id="without one of the files"),
        pytest.param(
            f"{CONFIG}  config.json\n{MODEL}  weights/model one.bin\n{MODEL}  lost.bin\n".encode(),
            id="with a file that is not there",
        ),
        pytest.param(
            f"{CONFIG}  config.json\n{CONFIG}  config.json\n{MODEL}  weights/model one.bin\n".encode(),
            id="with a file twice",
        ),
        pytest.param(f"{CONFIG}\tconfig.json\n{MODEL}\tweights/model one.bin\n".encode(), id="with tabs"),
        pytest.param(
            f"{CONFIG}  config.json\r\n{MODEL}  weights/model one.bin\r\n".encode(), id="with carriage returns"
        ),
        pytest.param(f"# made\n{CONFIG}  config.json\n{MODEL}  weights/model one.bin\n".encode(), id="with a comment"),
        pytest.param(f"{CONFIG[:40]}  config.json\n{MODEL[:40]}  weights/model one.bin\n".encode(), id="of SHA-1"),
        pytest.param(
            f"SHA256 (config.json) = {CONFIG}\nSHA256 (weights/model one.bin) = {MODEL}\n".encode(), id="of BSD"
        ),
        pytest.param(b"\xff\xfe" + f"{CONFIG}  config.json\n".encode("utf-16-le"), id="of another encoding"),
    ],
)
def test_it_vouches_for_nothing(sums: bytes) -> None:
    assert content_by_sums(sums, entries(sums)) is None


@pytest.mark.parametrize("command", ["sha256sum * */* > ../sums", "find . -type f -exec sha256sum -b {} + > ../sums"])
def test_what_sha256sum_writes_is_read(tmp_path: Path, command: str) -> None:
    package = tmp_path / "package"
    for path, data in FILES.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(data)
    subprocess.run(["sh", "-c", command.replace("* */*", "config.json */*")], cwd=package, check=True)
    sums = (tmp_path / "sums").read_bytes()
    assert content_by_sums(sums, entries(sums)) is not None
