"""What is kept of a release, so that the next one can be upgraded from it."""

from importlib import metadata
from pathlib import Path

import pytest
from tests.support import previous_release
from tests.support.helm import CHART, Helm

import aiapp


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This tree's release, kept in the place of an older one."""
    folder = tmp_path / "releases"
    folder.mkdir()
    (folder / "aiapp-operator-0.0.1.tgz").touch()
    monkeypatch.setattr(previous_release, "_FOLDER", folder)
    previous_release.keep(folder)
    return folder


def test_a_release_is_kept_in_the_place_of_the_one_before(kept: Path, helm: Helm, tmp_path: Path) -> None:
    assert previous_release.version() == metadata.version("aiapp-operator")
    assert helm.rendered(chart=previous_release.chart("aiapp-operator")) == helm.rendered(chart=CHART)
    modules = previous_release.modules(tmp_path / "modules")
    assert (modules / "aiapp/settings.py").read_text() == (Path(aiapp.__file__).parent / "settings.py").read_text()
    assert not list(modules.rglob("__pycache__"))
    assert all(file.name.endswith((".tgz", ".tar.xz")) for file in kept.iterdir())
