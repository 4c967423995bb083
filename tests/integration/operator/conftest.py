"""The operator at work on a real API server and a real S3 server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.aiapp import Aiapp
from tests.support.kube import Kube
from tests.support.operator import Operator
from tests.support.packages import IMAGE, RUNTIME, Registry, keys
from tests.support.sandbox import Bucket, Sandbox

from aiapp.cli import main


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


@pytest.fixture
def aiapp(sandbox: Sandbox, namespace: str) -> Aiapp:
    """The command line as a user of the test's namespace types it; `kubeconfig`: of somebody else."""

    def run(*arguments: str, kubeconfig: Path | None = None) -> Result:
        options = ["--kubeconfig", str(kubeconfig or sandbox.kubeconfig), "-n", namespace]
        return CliRunner().invoke(main, [*arguments, *options])

    return run
