"""Which model file a package is constructed with."""

from __future__ import annotations

import pathlib

import pytest

from aiapp.serve.service import TORCH_SUFFIXES, TREE_SUFFIXES
from aiapp.serve.weights import model_path, others


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        pytest.param(["net.pth"], "net.pth", id="the only one"),
        pytest.param(["pca.pkl", "net.pth"], "net.pth", id="a weight suffix before a pickle"),
        pytest.param(["weights/best.pth", "net.pt"], "net.pt", id="the top folder before deeper ones"),
        pytest.param(["a.pth", "model.pth", "z.pth"], "model.pth", id="the one called model"),
        pytest.param(["b.pth", "a.pth"], "a.pth", id="else the first by name"),
        pytest.param(["NET.PTH"], "NET.PTH", id="suffixes in capitals"),
        pytest.param(["x/y/net.pth.tar"], "x/y/net.pth.tar", id="deep, with a double suffix"),
        pytest.param([".cache/a.pth", "__pycache__/b.pth"], "", id="hidden folders do not count"),
        pytest.param(["labels.csv"], "", id="none: the folder"),
    ],
)
def test_the_rule_for_model_files(tmp_path: pathlib.Path, files: list[str], chosen: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert model_path(str(tmp_path), TORCH_SUFFIXES) == str(tmp_path / chosen)


def test_config_json_is_never_a_model(tmp_path: pathlib.Path) -> None:
    (tmp_path / "config.json").touch()
    (tmp_path / "xgb.json").touch()

    assert model_path(str(tmp_path), TREE_SUFFIXES) == str(tmp_path / "xgb.json")


def test_without_suffixes_it_is_the_folder(tmp_path: pathlib.Path) -> None:
    (tmp_path / "saved_model.pb").touch()

    assert model_path(str(tmp_path), ()) == str(tmp_path)
    assert others(str(tmp_path), ()) == []


def test_the_files_passed_over_are_known(tmp_path: pathlib.Path) -> None:
    for name in ("a.pth", "b.pth", "c.onnx"):
        (tmp_path / name).touch()

    assert others(str(tmp_path), TORCH_SUFFIXES) == ["b.pth", "c.onnx"]
