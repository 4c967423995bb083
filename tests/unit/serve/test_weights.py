"""Which model file a package is constructed with, and which SavedModel answers."""

from __future__ import annotations

import pathlib

import pytest

from aiapp.modelarts.model_types import PYTORCH, SCIKIT_LEARN, TENSORFLOW, XGBOOST, ModelType
from aiapp.serve.weights import choose, has_saved_model, saved_model


def lay(folder: pathlib.Path, *names: str) -> str:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return str(folder)


@pytest.mark.parametrize(
    ("engine", "files", "chosen"),
    [
        pytest.param(PYTORCH, ["net.pth"], "net.pth", id="the only one"),
        pytest.param(PYTORCH, ["pca.pkl", "net.pth"], "net.pth", id="weights before a pickle"),
        pytest.param(PYTORCH, ["labels.pkl", "weights/best.pth"], "weights/best.pth", id="a suffix before depth"),
        pytest.param(PYTORCH, ["weights/best.pth", "net.pth"], "net.pth", id="the top folder before deeper ones"),
        pytest.param(PYTORCH, ["a.pth", "deep/model.pt", "z.pth"], "deep/model.pt", id="the one called model"),
        pytest.param(PYTORCH, ["b.pth", "a.pth"], "a.pth", id="else the first by name"),
        pytest.param(PYTORCH, ["NET.PTH"], "NET.PTH", id="suffixes in capitals"),
        pytest.param(PYTORCH, ["x/y/net.pth.tar"], "x/y/net.pth.tar", id="deep, with a double suffix"),
        pytest.param(PYTORCH, [".cache/a.pth", "__pycache__/b.pth"], "", id="hidden folders do not count"),
        pytest.param(PYTORCH, ["labels.csv"], "", id="none: the folder"),
        *(pytest.param(PYTORCH, [f"net{end}"], f"net{end}", id=end) for end in (".safetensors", ".t7", ".om", ".h5")),
        pytest.param(SCIKIT_LEARN, ["clf.sav"], "clf.sav", id=".sav"),
        pytest.param(
            SCIKIT_LEARN, ["metrics.json", "labels.txt", "w/clf.pkl"], "w/clf.pkl", id="JSON and text come last"
        ),
        pytest.param(SCIKIT_LEARN, ["model.m", "class_names.joblib"], "model.m", id="the name model"),
        pytest.param(SCIKIT_LEARN, ["boosted.txt"], "boosted.txt", id="a text where nothing else is"),
        pytest.param(
            XGBOOST, ["config.json", "metrics.json", "xgb.json"], "xgb.json", id="config.json is never a model"
        ),
        pytest.param(XGBOOST, ["xgb.json", "labels.txt"], "xgb.json", id="JSON is a model of XGBoost"),
    ],
)
def test_the_rule_for_model_files(tmp_path: pathlib.Path, engine: ModelType, files: list[str], chosen: str) -> None:
    assert choose(lay(tmp_path, *files), [engine]).path == str(tmp_path / chosen)


def test_an_empty_file_is_a_model_only_if_there_is_no_other(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.pth").touch()
    assert choose(lay(tmp_path, "labels.txt"), [PYTORCH, SCIKIT_LEARN]).path == str(tmp_path / "a.pth")
    assert choose(lay(tmp_path, "b.pth"), [PYTORCH]).path == str(tmp_path / "b.pth")


def test_without_an_engine_it_is_the_folder(tmp_path: pathlib.Path) -> None:
    assert choose(lay(tmp_path, "saved_model.pb"), []) == (str(tmp_path), [])


def test_the_declared_engine_helps_where_the_class_has_no_model_file_of_its_own(tmp_path: pathlib.Path) -> None:
    assert choose(lay(tmp_path, "net.pth", "labels.txt"), [SCIKIT_LEARN, PYTORCH]).path == str(tmp_path / "net.pth")


def test_the_files_passed_over_are_known(tmp_path: pathlib.Path) -> None:
    assert choose(lay(tmp_path, "a.pth", "b.pth", "c.onnx"), [PYTORCH]).others == ["b.pth", "c.onnx"]


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        pytest.param(["saved_model.pb", "1/saved_model.pb"], "", id="the root before all"),
        pytest.param(["saved_model.pbtxt"], "", id="as text"),
        pytest.param(["2/saved_model.pb", "3/saved_model.pb", "a/saved_model.pb"], "3", id="the highest number"),
        pytest.param(["a/b/saved_model.pb", "best/saved_model.pb"], "best", id="else the nearest"),
        pytest.param([".old/saved_model.pb", "x/y/saved_model.pb"], "x/y", id="hidden folders do not count"),
        pytest.param(["frozen.pb"], "", id="none: the folder itself"),
    ],
)
def test_the_rule_for_saved_models(tmp_path: pathlib.Path, files: list[str], folder: str) -> None:
    assert saved_model(lay(tmp_path, *files)) == str(tmp_path / folder)
    assert has_saved_model(str(tmp_path)) is ("frozen.pb" not in files)


def test_a_saved_model_counts_as_a_model_of_tensorflow(tmp_path: pathlib.Path) -> None:
    assert choose(lay(tmp_path, "1/saved_model.pb"), [TENSORFLOW]).path == str(tmp_path / "1/saved_model.pb")
