"""What the pod of a training job runs, on nothing but Python: trains a small model and uploads the package.

The same seed gives the same package, to the byte. Its keys come from a Secret, so that it can write anywhere.
"""

import hashlib
import hmac
import json
import os
import random
import sys
import urllib.request
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

CONFIG = {"model_type": "Scikit_Learn", "model_algorithm": "regression"}
SERVICE = """\
import json

from model_service.python_model_service import XgSklServingBaseService


class Line(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        with open(model_path) as file:
            self.slope, self.height = json.load(file)

    def _inference(self, data):
        return {"y": self.slope * data["x"] + self.height}
"""


def put(key: str, body: bytes) -> None:
    """Uploads one file to the bucket of the output, signed."""
    endpoint, now = urlsplit(os.environ["S3_ENDPOINT"]), datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path, scope = quote(f"/{key}"), f"{now[:8]}/us-east-1/s3/aws4_request"
    sent = {"host": endpoint.netloc, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "x-amz-date": now}
    names, lines = ";".join(sent), "".join(f"{name}:{value}\n" for name, value in sent.items())
    canonical = f"PUT\n{path}\n\n{lines}\n{names}\n{sent['x-amz-content-sha256']}"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = b"AWS4" + os.environ["SECRET_KEY"].encode()
    for part in (*scope.split("/"), text):
        signing = hmac.new(signing, part.encode(), "sha256").digest()
    credential = f"Credential={os.environ['ACCESS_KEY']}/{scope}, SignedHeaders={names}, Signature={signing.hex()}"
    headers = {**sent, "authorization": f"AWS4-HMAC-SHA256 {credential}"}
    url = f"{endpoint.scheme}://{endpoint.netloc}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=60) as answer:
        assert answer.status == 200


def trained(seed: int) -> "tuple[float, float]":
    """A line through points around y = 2x + 1."""
    chance = random.Random(seed)
    points = [(x, 2 * x + 1 + chance.gauss(0, 0.1)) for x in (chance.uniform(-1, 1) for _ in range(200))]
    slope = height = 0.0
    for _ in range(300):
        wrong = [(slope * x + height - y, x) for x, y in points]
        slope -= 0.5 * sum(error * x for error, x in wrong) / len(points)
        height -= 0.5 * sum(error for error, _ in wrong) / len(points)
    return slope, height


def main() -> None:
    """Writes the package below `OUTPUT_PATH`."""
    files = {
        "config.json": json.dumps({**CONFIG, "runtime": sys.argv[1]}).encode(),
        "customize_service.py": SERVICE.encode(),
        "model.pkl": json.dumps(trained(int(os.environ["SEED"]))).encode(),
    }
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items())
    folder = os.environ["OUTPUT_PATH"].partition("://")[2].rstrip("/")
    for name, body in {**files, "SHA256SUMS": sums.encode()}.items():
        put(f"{folder}/model/{name}", body)


if __name__ == "__main__":
    main()
