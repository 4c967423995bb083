"""What the pod of a training job runs where there is nothing but Python: fits a line, and uploads a package.

The same seed gives the same bytes. The addresses to put the files to are signed, so that the job holds no keys.
"""

import json
import os
import pickle
import random
import time
import urllib.request

CONFIG = {"model_type": "Scikit_Learn", "model_algorithm": "regression", "runtime": "python3.7"}
SERVICE = """\
import pickle

from model_service.python_model_service import XgSklServingBaseService


class Line(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        with open(model_path, "rb") as file:
            self.line = pickle.load(file)

    def _inference(self, data):
        return {"y": self.line["slope"] * data["x"] + self.line["offset"]}
"""


def put(variable: str, body: bytes) -> None:
    """Uploads one file, if that is asked for."""
    if variable in os.environ:
        request = urllib.request.Request(os.environ[variable], data=body, method="PUT")
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200


def fitted(seed: int) -> dict[str, float]:
    """Slope and offset of noisy points around y = 3x + 1, by gradient descent."""
    chance = random.Random(seed)
    points = [(x / 100, 3 * x / 100 + 1 + chance.gauss(0, 0.01)) for x in range(100)]
    slope = offset = 0.0
    for _ in range(2000):
        errors = [(slope * x + offset - y, x) for x, y in points]
        slope -= 0.5 * sum(error * x for error, x in errors) / len(points)
        offset -= 0.5 * sum(error for error, _ in errors) / len(points)
    return {"slope": round(slope, 6), "offset": round(offset, 6)}


def main() -> None:
    """Trains, for as long as it is told to; fails if it is told to."""
    line = fitted(int(os.environ.get("SEED", "7")))
    time.sleep(float(os.environ.get("SECONDS_MORE", "0")))
    if os.environ.get("FAILS"):
        raise SystemExit("no data")
    put("PUT_MODEL", pickle.dumps(line, protocol=4))
    put("PUT_CODE", SERVICE.encode())
    put("PUT_CONFIG", json.dumps({**CONFIG, "metrics": {"slope": line["slope"]}}).encode())


if __name__ == "__main__":
    main()
