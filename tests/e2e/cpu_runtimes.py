"""Runtimes for this machine's processor that a test makes of libraries: their names, images and entries."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.support.kube import Kube, Object

from aiapp_sandbox.images.runtimes import Runtime
from aiapp_sandbox.profiles import host_architecture

MACHINE: Final = {"amd64": "x86_64", "arm64": "aarch64"}[host_architecture()]
PYTHON: Final = ".".join(map(str, sys.version_info[:2]))


def runtime_name(engine: str) -> str:
    """The full name; `engine` has its version too, as in `sklearn_1.6.1`."""
    return f"{engine}-cpu-py_{PYTHON}-debian_12-{MACHINE}"


def runtime_image(name: str, requirements: tuple[str, ...]) -> Runtime:
    """The image of the runtime with that full name."""
    return Runtime(f"localhost/{name}:e2e", host_architecture(), requirements)


@contextmanager
def in_catalogue(kube: Kube, name: str, image: Runtime, **spec: object) -> Iterator[Object]:
    """The catalogue's entry for that image, as long as the test goes on."""
    body = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "InferenceRuntime",
        "metadata": {"name": name.lower().replace("_", "-")},
        "spec": {"name": name, "image": image.reference, **spec},
    }
    yield kube.apply(body)
    kube.delete(body)
