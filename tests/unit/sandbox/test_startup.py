from pathlib import Path

import pytest

from aiapp_sandbox import pins, startup
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.progress import Silent


def given(folder: Path, *names: str) -> dict[str, str]:
    """An environment in which these programs are there, and Go is not."""
    folder.mkdir()
    for name in names:
        (folder / name).touch(mode=0o755)
    return {"KUBEBUILDER_ASSETS": str(folder), "PATH": "", "XDG_CACHE_HOME": str(folder / "cache")}


@pytest.mark.parametrize(
    "missing", ["kube-apiserver", "kwok", "versitygw", "registry", "kubelet", "containerd", "helm"]
)
def test_preparing_is_not_done_while_a_program_is_missing(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "possible", lambda: None)
    environ = given(tmp_path / "assets", *(name for name in pins.TOOLS if name != missing))
    with pytest.raises(SandboxError, match="Go is needed to build"):
        startup.prepare(environ, Silent())


def test_without_real_nodes_nothing_is_prepared_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "possible", lambda: "not root")
    startup.prepare(given(tmp_path / "assets", *(set(pins.TOOLS) - set(pins.REAL_NODES))), Silent())


def test_what_a_gateway_needs_is_not_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "possible", lambda: None)
    startup.prepare(given(tmp_path / "assets", *(set(pins.TOOLS) - {"traefik"})), Silent())
