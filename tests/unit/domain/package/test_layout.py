"""Where a package lies in a folder, and which files its engine needs."""

from collections.abc import Mapping

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.package.layout import Layout, locate, missing_files
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.model_types import model_type

FOLDER = "obs://models/mnist/"
CODE = {"config.json": 9, "customize_service.py": 9}


def test_the_folder_itself_may_be_the_package() -> None:
    files = {"config.json": 1, "a/b.pth": 2}
    assert locate(files, FOLDER) == Layout("", files)


def test_the_package_may_lie_in_model_and_what_lies_beside_it_is_left_out() -> None:
    files = {"model/config.json": 1, "model/a/b.pth": 2, "README.md": 3, "models/x": 4}
    assert locate(files, FOLDER) == Layout("model/", {"config.json": 1, "a/b.pth": 2})


@pytest.mark.parametrize(
    ("files", "reason", "words"),
    [
        pytest.param(
            {},
            Reason.CONFIG_MISSING,
            "neither config.json nor model/config.json exists in obs://models/mnist/",
            id="empty folder",
        ),
        pytest.param(
            {"deploy/config.json": 1},
            Reason.CONFIG_MISSING,
            "found 'deploy/config.json': name that folder instead",
            id="config.json in another folder is pointed at",
        ),
        pytest.param(
            {"config.json": 1, "model/config.json": 1},
            Reason.CONFIG_AMBIGUOUS,
            "both config.json and model/config.json exist",
            id="two of them",
        ),
    ],
)
def test_a_folder_without_exactly_one_config_is_refused(files: Mapping[str, int], reason: Reason, words: str) -> None:
    found = locate(files, FOLDER)
    assert isinstance(found, Refusal)
    assert found.reason is reason
    assert words in found.message


def test_a_config_deeper_in_the_package_is_an_ordinary_file() -> None:
    assert locate({"config.json": 1, "bert/config.json": 1}, FOLDER) == Layout(
        "", {"config.json": 1, "bert/config.json": 1}
    )


@pytest.mark.parametrize(
    ("engine", "files"),
    [
        pytest.param("PyTorch", {**CODE, "a.pth": 1}, id="PyTorch with a state-dict"),
        pytest.param("PyTorch", {**CODE, "weights/a.PT": 1, "b.pth": 1}, id="PyTorch with several, also nested"),
        pytest.param("MindSpore", {**CODE, "a.ckpt": 1, "tmp.om": 0}, id="MindSpore with the historical empty tmp.om"),
        pytest.param("MindSpore", {**CODE, "a.mindir": 1}, id="MindSpore with a mindir"),
        pytest.param(
            "TensorFlow",
            {
                "config.json": 1,
                "saved_model.pb": 1,
                "variables/variables.index": 1,
                "variables/variables.data-00000-of-00001": 1,
            },
            id="a SavedModel needs no code",
        ),
        pytest.param(
            "TensorFlow",
            {
                **CODE,
                "1/saved_model.pb": 1,
                "1/variables/variables.index": 1,
                "1/variables/variables.data-00000-of-00002": 1,
            },
            id="a SavedModel one level down, in several shards",
        ),
        pytest.param(
            "TensorFlow",
            {**CODE, "frozen.pb": 1, "export/saved_model.pb": 1},
            id="a SavedModel in a folder of another name is the code's business",
        ),
        pytest.param("TensorFlow", {**CODE, "model.h5": 1}, id="TensorFlow with Keras weights and code"),
        pytest.param(
            "TensorFlow", {**CODE, "m.ckpt-10.data-00000-of-00001": 1}, id="TensorFlow with a checkpoint and code"
        ),
        pytest.param("XGBoost", {**CODE, "xgboost.m": 1}, id="XGBoost"),
        pytest.param("Scikit_Learn", {**CODE, "sklearn.pkl": 1}, id="scikit-learn"),
        pytest.param("Spark_MLlib", {**CODE, "metadata/part-00000": 1}, id="Spark takes any file"),
        pytest.param("Custom", CODE, id="an own server brings what it needs"),
    ],
)
def test_a_complete_package_lacks_nothing(engine: str, files: Mapping[str, int]) -> None:
    kind = model_type(engine)
    assert kind is not None
    assert missing_files(Layout("model/", files), kind) is None


@pytest.mark.parametrize(
    ("engine", "files", "reason", "words"),
    [
        pytest.param(
            "PyTorch",
            {"config.json": 1, "a.pth": 1},
            Reason.SERVICE_CODE_MISSING,
            "model/customize_service.py does not exist, but PyTorch needs it",
            id="no code",
        ),
        pytest.param(
            "PyTorch",
            {"config.json": 1, "src/customize_service.py": 1, "a.pth": 1},
            Reason.SERVICE_CODE_MISSING,
            "found 'src/customize_service.py'",
            id="code in another folder is pointed at",
        ),
        pytest.param(
            "TensorFlow",
            {"config.json": 1, "model.h5": 1},
            Reason.SERVICE_CODE_MISSING,
            "TensorFlow needs it",
            id="TensorFlow without a SavedModel needs code",
        ),
        pytest.param(
            "PyTorch",
            CODE,
            Reason.MODEL_FILES_MISSING,
            "no model file for PyTorch in model/: it needs a file ending in .pth",
            id="no weights",
        ),
        pytest.param(
            "PyTorch", {**CODE, "a.pth": 0}, Reason.MODEL_FILES_MISSING, "is empty: 'model/a.pth'", id="empty weights"
        ),
        pytest.param(
            "MindSpore", {**CODE, "tmp.om": 0}, Reason.MODEL_FILES_MISSING, ".ckpt, .mindir, .om", id="tmp.om alone"
        ),
        pytest.param(
            "TensorFlow",
            {**CODE, "saved_model.pb": 1, "variables/variables.data-00000-of-00001": 1},
            Reason.MODEL_FILES_MISSING,
            "model/variables/variables.index does not exist",
            id="a SavedModel without its index",
        ),
        pytest.param(
            "TensorFlow",
            {**CODE, "saved_model.pb": 1, "variables/variables.index": 1},
            Reason.MODEL_FILES_MISSING,
            "model/variables/variables.data-00000-of-00001 does not exist",
            id="a SavedModel without its data",
        ),
        pytest.param(
            "Spark_MLlib",
            {**CODE, "x.py": 1},
            Reason.MODEL_FILES_MISSING,
            "any file besides",
            id="Spark with code only",
        ),
    ],
)
def test_what_is_missing_is_named(engine: str, files: Mapping[str, int], reason: Reason, words: str) -> None:
    kind = model_type(engine)
    assert kind is not None
    refusal = missing_files(Layout("model/", files), kind)
    assert refusal is not None
    assert refusal.reason is reason
    assert words in refusal.message
