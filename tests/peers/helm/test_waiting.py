"""`helm --wait` on a chart of our own kinds: Helm 4 waits for them, Helm 3 looks at nothing that is not built in."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.support.helm import Helm
from tests.support.kube import Kube
from tests.support.operator import Operator, install, running_operator
from tests.support.own_sandbox import kube, s3
from tests.support.packages import IMAGE, RUNTIME, Registry, keys, package, upload
from tests.support.sandbox import Bucket, Sandbox, started

from aiapp.api.meta import GROUP_VERSION

__all__ = ["kube", "s3"]

MODELS: Final = "models"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """With nodes on which pods become Ready without running."""
    with started("pytest-waiting", nodes="simulated", services=("s3",)) as up:
        yield up


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    install(kube)
    kube.patch(kube.get(GROUP_VERSION, "InferenceRuntime", RUNTIME), {"spec": {"image": IMAGE}})
    with running_operator(sandbox, tmp_path_factory) as running:
        yield running


@pytest.fixture
def registry(operator: Operator, kube: Kube, namespace: str, bucket: Bucket) -> Registry:
    """Reads how the objects fare; the packages of two versions and a faulty one are there."""
    kube.create(keys(bucket, namespace))
    for number in ("1.0.0", "1.1.0"):
        upload(bucket, f"mnist/{number}", package())
    upload(bucket, "mnist/2.0.0", package(**{"model/config.json": None}))
    return Registry(kube, namespace, bucket)


@pytest.fixture
def helm(sandbox: Sandbox, tmp_path: Path) -> Helm:
    """Helm 3."""
    return Helm(tmp_path, sandbox.kubeconfig)


@pytest.fixture
def helm4(sandbox: Sandbox, helm_4: Path, tmp_path: Path) -> Helm:
    return Helm(tmp_path, sandbox.kubeconfig, helm_4)


@pytest.fixture
def chart(registry: Registry, tmp_path: Path) -> Path:
    """A chart with a version and an application that serves it."""
    folder = tmp_path / MODELS
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": MODELS, "version": "1.0.0"}))
    number = "{{ .Values.number | quote }}"
    obs = {
        "uri": f"obs://{registry.bucket.name}/mnist/{{{{ .Values.number }}}}/",
        "endpoint": registry.bucket.endpoint,
        "credentialsSecretRef": {"name": "store"},
    }
    version = {"application": "mnist", "version": number, "source": {"obs": obs}}
    application = {"serving": {"versions": [{"version": number, "replicas": 2}]}}
    for kind, name, spec in (
        ("AIApplicationVersion", "mnist-{{ .Values.number }}", version),
        ("AIApplication", "mnist", application),
    ):
        (folder / f"templates/{kind}.yaml").write_text(template(kind, name, spec))
    return folder


def template(kind: str, name: str, spec: Mapping[str, Any]) -> str:
    text = yaml.safe_dump({"apiVersion": GROUP_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec})
    return text.replace("'{{", "{{").replace("}}'", "}}")


def ready(registry: Registry) -> str:
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    return str(registry.condition(application, "Ready")["status"])


def served(registry: Registry) -> str | None:
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    found: str | None = application.get("status", {}).get("served")
    return found


def test_helm_4_waits_until_versions_and_applications_are_ready(helm4: Helm, chart: Path, registry: Registry) -> None:
    where = f"--namespace={registry.namespace}"
    helm4("install", MODELS, chart, where, "--wait", values={"number": "1.0.0"})
    assert (ready(registry), served(registry)) == ("True", "1.0.0")
    helm4("upgrade", MODELS, chart, where, "--wait", values={"number": "1.1.0"})
    assert (ready(registry), served(registry)) == ("True", "1.1.0")


def test_helm_4_fails_for_a_version_that_only_a_person_can_mend(helm4: Helm, chart: Path, registry: Registry) -> None:
    command = ("install", MODELS, chart, f"--namespace={registry.namespace}", "--wait", "--timeout=20s")
    done = helm4(*command, values={"number": "2.0.0"}, check=False)
    assert done.returncode != 0
    assert f"AIApplicationVersion/{registry.namespace}/mnist-2.0.0 not ready. status: Failed" in done.stderr
    assert "neither config.json nor model/config.json exists" in done.stderr


def test_helm_3_returns_without_a_look_at_them(helm: Helm, chart: Path, registry: Registry) -> None:
    helm("install", MODELS, chart, f"--namespace={registry.namespace}", "--wait", values={"number": "2.0.0"})
    assert ready(registry) != "True"
