import re
from pathlib import Path

import pytest

from aiapp_sandbox import binaries, build, pins
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.pins import TOOLS, Module
from aiapp_sandbox.progress import Silent


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Folders for ready programs, for PATH and for the cache; Go is out of reach."""
    return {
        "KUBEBUILDER_ASSETS": str(tmp_path / "assets"),
        "PATH": str(tmp_path / "path"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def cached(environ: dict[str, str], module: Module, *names: str) -> Path:
    folder = build.cache(environ) / f"{module.name}-{build.digest(module, build.platform_name())}"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_given_programs_win_over_installed_ones_whatever_their_version(tmp_path: Path, environ: dict[str, str]) -> None:
    given = program(tmp_path / "assets", "etcd", "etcd Version: 3.5.0")
    program(tmp_path / "path", "etcd", "etcd Version: 3.6.8")
    assert binaries.resolve(["etcd"], environ, Silent()) == {"etcd": given}


def test_an_installed_program_of_the_right_version_wins_over_the_cache(tmp_path: Path, environ: dict[str, str]) -> None:
    cached(environ, pins.KUBERNETES, "kube-apiserver")
    installed = program(tmp_path / "path", "kube-apiserver", f"Kubernetes v{pins.KUBERNETES_MINOR}.99")
    assert binaries.resolve(["kube-apiserver"], environ, Silent()) == {"kube-apiserver": installed}


def test_an_installed_program_of_another_version_is_not_taken(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = cached(environ, pins.KUBERNETES, "kubectl")
    program(tmp_path / "path", "kubectl", '"gitVersion": "v1.32.4"')
    assert binaries.resolve(["kubectl"], environ, Silent()) == {"kubectl": folder / "kubectl"}


def test_files_of_a_module_are_taken_from_the_cache(environ: dict[str, str]) -> None:
    folder = cached(environ, pins.TRAEFIK, "gateway-api")
    assert binaries.resolve(["gateway-api"], environ, Silent()) == {"gateway-api": folder / "gateway-api"}


def test_another_stand_in_for_a_module_makes_another_program(tmp_path: Path) -> None:
    module = Module("tiny", parent=tmp_path)
    stand_in = module.folder / build.STAND_INS / "one/one.go"
    stand_in.parent.mkdir(parents=True)
    for path in (module.folder / "go.mod", module.folder / "go.sum", stand_in):
        path.write_text("before")
    before = build.digest(module, "linux-x86_64")
    stand_in.write_text("after")
    assert build.digest(module, "linux-x86_64") != before


def test_a_program_that_is_nowhere_is_asked_of_go_and_its_absence_is_said(environ: dict[str, str]) -> None:
    with pytest.raises(SandboxError, match=r"Go is needed to build kwok .* install Go 1\.26.* KUBEBUILDER_ASSETS"):
        binaries.resolve(["kwok"], environ, Silent())


def test_a_go_that_is_too_old_is_named_with_what_is_needed(tmp_path: Path, environ: dict[str, str]) -> None:
    go = program(tmp_path / "path", "go", "go1.21.4")
    message = f"{go} is too old to build kwok: found go1.21.4, needed Go 1.26"
    with pytest.raises(SandboxError, match=re.escape(message)):
        binaries.resolve(["kwok"], environ, Silent())


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_a_change_of_the_pins_is_another_place_in_the_cache(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "go.mod").write_text("module tool\n")
    (folder / "go.sum").write_text("")
    module = Module("tool", parent=tmp_path)
    before = build.digest(module, "linux-x86_64")
    assert build.digest(module, "linux-aarch64") != before
    assert build.digest(Module("tool", parent=tmp_path, tags="x"), "linux-x86_64") != before
    (folder / file).write_text("changed")
    assert build.digest(module, "linux-x86_64") != before


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_has_pins(name: str) -> None:
    tool = TOOLS[name]
    assert " " not in tool.built_name
    assert (tool.module.folder / "go.mod").exists()
    assert (tool.module.folder / "go.sum").stat().st_size > 0


def test_the_package_of_a_major_version_is_built_under_the_name_before_it() -> None:
    assert TOOLS["etcd"].built_name == "server"
