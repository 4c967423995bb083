"""An image that trains, in a registry, and jobs of it that write packages to a real S3 server."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from tests.support import train_line
from tests.support.images import CONFIG, Image, image
from tests.support.kube import Object
from tests.support.own_images import PLAIN_LAYER, python_layer
from tests.support.packages import Registry
from tests.support.sandbox import Bucket

from aiapp.oci.documents import OCI_MANIFEST
from aiapp_sandbox.profiles import host_architecture

FILES: Final = {"PUT_MODEL": "model.pkl", "PUT_CODE": "customize_service.py", "PUT_CONFIG": "config.json"}


def trainer_image() -> Image:
    """Python of this machine's distribution and the program, for this machine."""
    layers = [python_layer(host_architecture()), _program()]
    return image(
        host_architecture(),
        layers=layers,
        run={"Entrypoint": ["python3", "/train.py"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]},
        media_types=(OCI_MANIFEST, CONFIG, PLAIN_LAYER),
        rootfs={"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]},
    )


def signed_address(bucket: Bucket, key: str) -> str:
    """Where to put an object without any keys."""
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    try:
        return client.generate_presigned_url("put_object", Params={"Bucket": bucket.name, "Key": key})
    finally:
        client.close()


@dataclass(frozen=True)
class Trainer:
    """Trains in one namespace, into `run-7/` of its bucket."""

    registry: Registry
    image: str
    digest: str
    """Of that image, as the registry has it."""

    @property
    def uri(self) -> str:
        """Where its jobs write."""
        return f"obs://{self.registry.bucket.name}/run-7/"

    def container(self, name: str = "train", **env: str) -> Object:
        """What trains; `env` as `tests/support/train_line.py` reads it. It uploads its package in the end."""
        signed = {key: signed_address(self.registry.bucket, f"run-7/model/{file}") for key, file in FILES.items()}
        variables = {"train_url": self.uri, "SEED": "7", **signed, **env}
        return {
            "name": name,
            "image": self.image,
            "env": [{"name": key, "value": value} for key, value in variables.items()],
        }

    def template(self, container: Object) -> Object:
        """The pods of that container, on nodes that the image is for."""
        where = {"kubernetes.io/arch": host_architecture()}
        return {"spec": {"containers": [container], "restartPolicy": "Never", "nodeSelector": where}}

    def job(
        self,
        name: str = "train",
        *,
        env: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        **spec: Any,
    ) -> Object:
        """A batch/v1 Job, created."""
        template = self.template(self.container(**(env or {})))
        made = {"backoffLimit": 0, "template": template, **spec}
        metadata = {"name": name, "annotations": dict(annotations or {})}
        document = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": made}
        return self.registry.kube.create(document, self.registry.namespace)

    def version(self, number: str = "1.0.0", **trained: Any) -> Object:
        """The version of the Job `train`, or of the job that `trained` names."""
        reach = {"endpoint": self.registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
        source = {"trainingJob": {"name": "train", "recordedEnv": ["SEED"], **reach, **trained}}
        return self.registry.version(number=number, source=source)

    def provenance(self, version: Object) -> Object:
        """What the status says of it by now."""
        found: Object = self.registry.now(version)["status"].get("provenance", {})
        return found

    def gone(self, obj: Object) -> bool:
        """Whether there is no such object any more."""
        return self.registry.find(obj["apiVersion"], obj["kind"], obj["metadata"]["name"]) is None


def _program() -> bytes:
    """A layer with the program."""
    packed, content = io.BytesIO(), Path(train_line.__file__).read_bytes()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("train.py")
        member.size, member.mode = len(content), 0o644
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
