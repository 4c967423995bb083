"""What people read of two versions, and what the exit code says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner, Result
from tests.support import documents
from tests.support.records import NORMAL, stored
from tests.support.small_api import Answers, serving
from typing_extensions import override

from aiapp.cli import main
from aiapp.cli.diff import SHOWN_FILES, lines
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.file_changes import PackageFiles
from aiapp.domain.provenance.diff import ComparedVersion, diff

ONE: Final = f"sha256:{'d1' * 32}"
OTHER: Final = f"sha256:{'d2' * 32}"


def version(number: str, digest: str, **status: Any) -> dict[str, Any]:
    artifact = NORMAL["artifact"] | {"digest": digest}  # type: ignore[operator]
    return stored(documents.version(number=number), status={**NORMAL, "artifact": artifact, **status})


VERSIONS: Final = {
    "mnist-1.0.0": version("1.0.0", ONE),
    "mnist-1.1.0": version("1.1.0", ONE, source={"type": "Obs", "uri": "obs://elsewhere/"}),
    "mnist-2.0.0": version("2.0.0", OTHER, model={**NORMAL["model"], "metrics": {"f1": "0.9"}}),  # type: ignore[dict-item]
}


class _Handler(Answers):
    @override
    def answer(self, path: str) -> tuple[int, str]:
        found = VERSIONS.get(path.rpartition("/")[2])
        return (200, json.dumps(found)) if found else (404, json.dumps({"reason": "NotFound", "message": "not found"}))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    """Of a server that has three versions, and no ConfigMap."""
    with serving(_Handler, tmp_path / "kubeconfig") as file:
        yield file


def compared(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", "--kubeconfig", str(kubeconfig), *arguments])


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        pytest.param(("mnist-1.0.0", "mnist-1.1.0"), 0, id="the same content from elsewhere"),
        pytest.param(("mnist-1.0.0", "mnist-2.0.0"), 1, id="another content"),
        pytest.param(("mnist-1.0.0", "mnist-3.0.0"), 2, id="no such version"),
        pytest.param(("mnist-1.0.0",), 2, id="wrong arguments"),
    ],
)
def test_the_exit_code_is_that_of_kubectl_diff(kubeconfig: Path, versions: tuple[str, ...], code: int) -> None:
    assert compared(kubeconfig, *versions).exit_code == code


def test_the_same_digest_is_said_first(kubeconfig: Path) -> None:
    found = compared(kubeconfig, "mnist-1.0.0", "mnist-1.1.0")
    assert found.stdout.splitlines()[0] == f"mnist-1.0.0 and mnist-1.1.0 hold the same content: {ONE}"
    assert "~ source.uri: obs://models/mnist/1.0.0/model/ -> obs://elsewhere/" in found.stdout


def test_a_program_gets_all_of_it(kubeconfig: Path) -> None:
    found = json.loads(compared(kubeconfig, "mnist-1.0.0", "mnist-2.0.0", "-o", "json").stdout)
    assert (found["sameContent"], found["sameModel"]) == (False, False)
    assert found["metrics"] == [{"field": "f1", "before": None, "after": "0.9"}]


def files(*sizes: int) -> PackageFiles:
    return PackageFiles([Entry(f"{number:03}.bin", size, f"e{size}") for number, size in enumerate(sizes)], {})


def text(before: ComparedVersion, after: ComparedVersion) -> list[str]:
    return [click.unstyle(line) for line in lines(diff(before, after))]


def known(digest: str, **fields: Any) -> ComparedVersion:
    return ComparedVersion(name=digest[7:9], spec={}, status={"artifact": {"pin": digest, "digest": digest}}, **fields)


def test_files_are_shown_with_their_sizes_and_only_the_first_of_many() -> None:
    shown = text(known(ONE, files=files(7, 2048)), known(OTHER, files=files(7, 1024, 3)))
    assert shown[:6] == [
        "d1 and d2 differ in content:",
        f"  - {ONE}",
        f"  + {OTHER}",
        "files: 1 added, 0 removed, 1 changed, 1 the same",
        "  ~ 001.bin (2.0 KiB -> 1.0 KiB)",
        "  + 002.bin (3 B)",
    ]
    many = text(known(ONE, files=files()), known(OTHER, files=files(*range(SHOWN_FILES + 3))))
    assert many[-1] == "  and 3 more: -o json has all"


def test_what_is_in_a_package_reaches_no_terminal_as_it_is() -> None:
    before = ComparedVersion(name="a", spec={}, status={"model": {"type": "A"}}, config={"a": "\x1b[2J" + "x" * 999})
    after = ComparedVersion(name="b", spec={}, status={"model": {"type": "A"}}, config={"b\x1b[2J": "c"})
    shown = "\n".join(text(before, after))
    assert shown.startswith("whether a and b hold the same content is not known:\n  - not pinned yet")
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) < 300
