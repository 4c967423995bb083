"""The applications of the end-to-end tests as images: pushed to a real registry, pulled by the nodes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.e2e.serving import NAME, SERVICE, Serving
from tests.support import registries
from tests.support.images import Image
from tests.support.kube import Object
from tests.support.own_images import servers
from tests.support.packages import upload
from typing_extensions import override


@dataclass(frozen=True)
class ServedImages(Serving):
    """Its versions are images, for every architecture of the cluster."""

    pushed_to: registries.Registry
    architectures: tuple[str, ...]

    @property
    def repository(self) -> str:
        """The path of its images in the registry."""
        return f"{self.registry.namespace}/{NAME}"

    @override
    def upload(self, number: str, content: str, code: str = SERVICE) -> None:
        assert code is SERVICE, "an image has no code of ours"
        self.push(number, servers(*self.architectures, CONTENT=content))

    @override
    def register(self, number: str = "1.0.0") -> Object:
        return self.register_image(number)

    def push(self, number: str, image: Image) -> str:
        """Its digest."""
        return self.pushed_to.push(self.repository, image, number)

    def register_image(self, number: str = "1.0.0", **container: object) -> Object:
        """Register the image that was pushed for that version."""
        reference = f"{self.pushed_to.address}/{self.repository}:{number}"
        source = {"image": {"reference": reference, "plainHttp": True}}
        return self.registry.version(NAME, number, source=source, **_of_container(container))

    def answer(self, scheme: str = "http") -> Object:
        """All that the application says of itself, through its Service."""
        path = f"/api/v1/namespaces/{self.registry.namespace}/services/{scheme}:{NAME}:{scheme}/proxy/"
        return self.registry.kube.request("POST", path, {})

    def register_custom(self, number: str, image: str, **container: object) -> Object:
        """Register a package that was uploaded to the bucket, and that the image pushed as `image` serves."""
        reference = f"{self.pushed_to.address}/{self.repository}:{image}"
        uri = f"obs://{self.registry.bucket.name}/{NAME}/{number}/"
        return self.registry.version(
            NAME,
            number,
            obs={"uri": uri},
            container={"image": reference, "imageRegistry": {"plainHttp": True}, **container},
        )

    def register_named(self, number: str, **config: object) -> Object:
        """Register a package that consists of a config.json, which names the image that was pushed for that version."""
        location = f"{self.pushed_to.address}/{self.repository}:{number}"
        named = {"model_type": "Image", "model_algorithm": "x", "swr_location": location, **config}
        upload(self.registry.bucket, f"{NAME}/{number}", {"config.json": json.dumps(named).encode()})
        uri = f"obs://{self.registry.bucket.name}/{NAME}/{number}/"
        return self.registry.version(NAME, number, obs={"uri": uri}, container={"imageRegistry": {"plainHttp": True}})


def _of_container(container: Mapping[str, object]) -> Mapping[str, object]:
    return {"container": container} if container else {}
