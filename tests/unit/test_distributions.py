"""What is in which distribution: neither the operator's wheel nor its image holds anything of the sandbox."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.support.pages import ROOT

HATCHLING = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]


def files(project: Path, target: Path) -> set[str]:
    """The files of the project's wheel."""
    subprocess.run([*HATCHLING, str(target)], cwd=project, check=True, capture_output=True)
    (built,) = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def wheel(project: Path, target: Path) -> set[str]:
    """The folders and files at the top of the project's wheel, but for its metadata."""
    tops = {name.partition("/")[0] for name in files(project, target)}
    return {top for top in tops if not top.endswith(".dist-info")}


@pytest.mark.parametrize(("project", "package"), [(".", "aiapp"), ("sandbox", "aiapp_sandbox")])
def test_a_wheel_holds_its_own_package_alone(project: str, package: str, tmp_path: Path) -> None:
    assert wheel(ROOT / project, tmp_path) == {package}


def test_the_wheel_has_what_the_console_shows(tmp_path: Path) -> None:
    console = ROOT / "operator/aiapp/console"
    shown = [path for folder in ("static", "templates", "texts") for path in (console / folder).iterdir()]
    wanted = {str(path.relative_to(ROOT / "operator")) for path in shown if path.is_file()}
    assert wanted
    assert wanted - files(ROOT, tmp_path) == set()


def test_no_file_of_the_operators_package_is_of_the_sandbox() -> None:
    """The image takes that package as it is, by operator/Dockerfile."""
    assert "COPY operator/aiapp /app/package/aiapp" in (ROOT / "operator/Dockerfile").read_text()
    assert [path for path in (ROOT / "operator/aiapp").rglob("*sandbox*") if path.suffix != ".pyc"] == []


def test_the_image_has_the_packages_for_traces() -> None:
    """It is made of requirements.lock; the setting AIAPP_TRACES needs an extra."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = {one.partition(">=")[0] for one in extras["traces"]}
    locked = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()}
    assert wanted
    assert wanted - locked == set()
