"""What `aiapp sandbox clean` deletes."""

from pathlib import Path

import pytest

from aiapp_sandbox import build, disk, pins
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.state import Folder, Record

CURRENT = f"kwok-{build.digest(pins.KWOK, build.platform_name())}"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with an image, a program of these pins and one of former ones."""
    for path in ("images/base.tar", f"bin/{CURRENT}/kwok", "bin/kwok-0123/kwok", "bin/.kwok-0123.lock"):
        file = tmp_path / "cache/aiapp" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")
    return {"XDG_CACHE_HOME": str(tmp_path / "cache"), "AIAPP_SANDBOX_HOME": str(tmp_path / "home")}


def left(environ: dict[str, str]) -> list[str]:
    return sorted(path.name for path in Path(environ["XDG_CACHE_HOME"], "aiapp/bin").glob("[!.]*"))


def sandbox(environ: dict[str, str], program: str) -> None:
    cache = Path(environ["XDG_CACHE_HOME"], "aiapp/bin")
    record = Record(name="one", owner=None, nodes="none", host="127.0.0.1", binaries={"kwok": cache / program / "kwok"})
    Folder(Path(environ["AIAPP_SANDBOX_HOME"]) / "one").write(record)


def test_images_and_superseded_programs_go_and_the_current_ones_stay(environ: dict[str, str]) -> None:
    removed = disk.clean(environ, programs=False)
    assert {path.name: size for path, size in removed.items()} == {"images": 5, "kwok-0123": 5}
    assert left(environ) == [CURRENT]


def test_the_current_programs_go_when_asked_for(environ: dict[str, str]) -> None:
    disk.clean(environ, programs=True)
    assert left(environ) == []


def test_what_a_sandbox_runs_stays(environ: dict[str, str]) -> None:
    sandbox(environ, "kwok-0123")
    disk.clean(environ, programs=False)
    assert left(environ) == sorted([CURRENT, "kwok-0123"])
    with pytest.raises(SandboxError, match="programs of sandbox 'one' are in use"):
        disk.clean(environ, programs=True)


def test_a_machine_without_any_has_nothing_to_remove(tmp_path: Path) -> None:
    nothing = {"XDG_CACHE_HOME": str(tmp_path / "none"), "AIAPP_SANDBOX_HOME": str(tmp_path / "home")}
    assert disk.clean(nothing, programs=True) == {}
