"""The network as ModelArts packages: config.json, customize_service.py and the weights, in folders of their own."""

import json
import shutil
from pathlib import Path
from typing import Any

from demo.network import Trained

MODELS = Path(__file__).parent / "models"
"""What people write by hand of a package; metrics and weights come from the training."""


def write(trained: Trained, target: Path) -> dict[str, Path]:
    """Write one package per application below `target`; the folders by application."""
    import joblib  # noqa: PLC0415 - comes with scikit-learn and is as slow to import
    import numpy as np  # noqa: PLC0415

    folders = {source.name: _package(source, trained, target / source.name) for source in sorted(MODELS.iterdir())}
    joblib.dump(trained.network, folders["digits"] / "model/digits.pkl")
    with (folders["digits-npu"] / "model/digits.ckpt").open("wb") as file:
        np.savez(file, **_matrices(trained))
    return folders


def _package(source: Path, trained: Trained, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    model = folder / "model"
    model.mkdir(parents=True)
    shutil.copy(source / "customize_service.py", model)
    config = json.loads((source / "config.json").read_text())
    config["metrics"] = {"accuracy": round(trained.accuracy, 4)}
    (model / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return folder


def _matrices(trained: Trained) -> dict[str, Any]:
    layers = zip(trained.network.coefs_, trained.network.intercepts_, strict=True)
    return {
        name: matrix
        for number, (weights, biases) in enumerate(layers)
        for name, matrix in ((f"weights_{number}", weights), (f"biases_{number}", biases))
    }
