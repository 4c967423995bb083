"""What the pod of a training job runs: trains a small model and uploads the package. Standard library and scikit-learn.

The addresses to put the files to are signed, so that the job holds no keys.
"""

import io
import json
import os
import sys
import urllib.request

import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

CONFIG = {"model_type": "Scikit_Learn", "model_algorithm": "image_classification"}
SERVICE = """\
import json

import joblib
import numpy as np
from model_service.python_model_service import XgSklServingBaseService


class Digits(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        self.model = joblib.load(model_path)

    def _preprocess(self, data):
        return np.array(json.loads(data)["pictures"], dtype=float)

    def _inference(self, data):
        return {"digits": self.model.predict(data).tolist()}
"""


def put(url: str, body: bytes) -> None:
    """Uploads one file."""
    request = urllib.request.Request(url, data=body, method="PUT")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def main() -> None:
    """Deterministic: the same seed gives the same model."""
    pictures, digits = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=200, random_state=int(os.environ["SEED"])).fit(pictures, digits)
    weights = io.BytesIO()
    joblib.dump(model, weights)
    accuracy = float(model.score(pictures, digits))
    config = {**CONFIG, "runtime": sys.argv[1], "metrics": {"accuracy": round(accuracy, 4)}}
    put(os.environ["PUT_MODEL"], weights.getvalue())
    put(os.environ["PUT_CODE"], SERVICE.encode())
    put(os.environ["PUT_CONFIG"], json.dumps(config).encode())


if __name__ == "__main__":
    main()
