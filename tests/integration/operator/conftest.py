"""The operator at work on a real API server and a real S3 server."""

from collections.abc import Iterator

import pytest
from tests.support.kube import Kube
from tests.support.operator import Operator
from tests.support.packages import IMAGE, RUNTIME, Registry, keys
from tests.support.sandbox import Bucket


@pytest.fixture(scope="module")
def runtime_image(operator: Operator, kube: Kube) -> Iterator[str]:
    """The catalogue's scikit-learn runtime has an image."""
    runtime = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", RUNTIME)
    kube.patch(runtime, {"spec": {"image": IMAGE}})
    yield IMAGE
    kube.patch(runtime, {"spec": {"image": None}})


@pytest.fixture
def registry(kube: Kube, namespace: str, bucket: Bucket, runtime_image: str) -> Registry:
    """Registers in a fresh namespace, with keys for a fresh bucket."""
    kube.create(keys(bucket, namespace))
    return Registry(kube, namespace, bucket)
