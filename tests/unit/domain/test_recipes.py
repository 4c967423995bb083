"""The shell recipes of the reference compute what the code computes."""

import hashlib
import random
import re
import subprocess
from pathlib import Path

import pytest

from aiapp.domain.artifact import manifest as manifests
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Hashed, composed
from aiapp.domain.artifact.sha256sums import SUMS, content_by_sums

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "manifest.md"
FILES = {
    "config.json": b"{}",
    "-dash": b"1",
    'a b/c\'s "d" $HOME `e`.bin': b"2",
    "a.b": b"3",
    "empty": b"",
    "a0/x": b"4",
    "模型/é.pth": b"5",
    "%s%n*?[x]": b"6",
    " blank ": b"7",
}
ENTRIES = [
    Entry(path, len(data), hashlib.md5(data).hexdigest(), f"v{len(path)}" if data else None)
    for path, data in sorted(FILES.items(), key=lambda file: file[0].encode())
]


def recipe(words: str) -> str:
    """The shell block of the reference that holds these words."""
    blocks = re.findall(r"```sh\n(.*?)```", REFERENCE.read_text(), flags=re.DOTALL)
    (found,) = [block for block in blocks if words in block]
    return str(found)


def run(script: str, folder: Path) -> str:
    done = subprocess.run(["sh", "-euc", script], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def hashed(folder: Path) -> list[Hashed]:
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [Hashed(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()]


def test_the_digest_of_a_folder(package: Path) -> None:
    computed = run(recipe("aiapp-content/1"), package).split()[0]
    assert f"sha256:{computed}" == manifests.content_digest(hashed(package))


def test_the_pin_of_a_listing(tmp_path: Path) -> None:
    lines = [entry.line for entry in ENTRIES]
    random.Random(1).shuffle(lines)
    (tmp_path / "listing.tsv").write_text("".join(lines))
    computed = run(recipe("aiapp-manifest/1"), tmp_path).split()[0]
    assert f"sha256:{computed}" == composed(ENTRIES).pin


def test_the_sums_of_a_package_vouch_for_it(package: Path) -> None:
    run(recipe("> SHA256SUMS"), package)
    sums = (package / SUMS).read_bytes()
    entries = [Entry(path, size, "e") for path, size, _ in sorted(hashed(package), key=lambda one: one.path.encode())]
    found = content_by_sums(sums, entries)
    assert found is not None
    assert found.digest == manifests.content_digest(hashed(package))
