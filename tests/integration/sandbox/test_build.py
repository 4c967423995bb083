"""Builds with the real Go command, of a module of two lines."""

import multiprocessing
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from aiapp_sandbox import build
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.pins import Module, Tool

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="needs Go in PATH")


class Told:
    """Keeps what a build tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def doing(self, text: str) -> None:
        """Keep nothing."""

    def done(self, text: str) -> None:
        """Keep `text`."""
        self.lines.append(text)


def module(folder: Path, source: str) -> Tool:
    place = folder / "tiny"
    (place / "hello").mkdir(parents=True)
    (place / "go.mod").write_text("module example.test/tiny\n\ngo 1.26\n")
    (place / "go.sum").write_text("")
    (place / "hello/main.go").write_text(source)
    return Tool("hello", Module("tiny", parent=folder), "example.test/tiny/hello", "")


HELLO = 'package main\n\nfunc main() { println("hello") }\n'


def build_once(tool: Tool, cache: str) -> tuple[Path, list[str]]:
    told = Told()
    # Go keeps its own cache below XDG_CACHE_HOME too, unless told otherwise: compiling its library anew takes long.
    compiled = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    paths = build.built([tool], {**os.environ, "XDG_CACHE_HOME": cache, "GOCACHE": compiled}, told)
    return paths["hello"], told.lines


def test_racing_builds_compile_once_and_all_get_the_program(tmp_path: Path) -> None:
    tool = module(tmp_path, HELLO)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        results = list(pool.map(build_once, [tool] * 4, [str(tmp_path / "cache")] * 4))
    paths, told = {path for path, _ in results}, [line for _, lines in results for line in lines]
    assert len(paths) == 1
    assert [line.rpartition(" in ")[0] or line for line in told] == ["building hello with Go, once", "built hello"]
    (path,) = paths
    assert subprocess.run([path], capture_output=True, text=True, check=True).stderr == "hello\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["hello"]


def test_a_build_that_fails_shows_what_the_compiler_said_and_keeps_nothing(tmp_path: Path) -> None:
    tool = module(tmp_path, "package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(SandboxError, match=r"could not build tiny(.|\n)*undefined: nonsense"):
        build_once(tool, str(tmp_path / "cache"))
    assert not list(tmp_path.glob("cache/aiapp/bin/*/*"))


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    tool = module(tmp_path, HELLO)
    target = tmp_path / "cache/aiapp/bin" / f"tiny-{build.digest(tool.module, build.platform_name())}"
    (target / ".part-killed").mkdir(parents=True)
    path, _ = build_once(tool, str(tmp_path / "cache"))
    assert [entry.name for entry in path.parent.iterdir()] == ["hello"]
