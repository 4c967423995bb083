"""Real Helm: what a chart renders to, and releases on a sandbox."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml
from tests.support.kube import Object

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.offline.documents import check_documents
from aiapp_sandbox import binaries
from aiapp_sandbox.progress import Silent

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "charts/aiapp-operator"
CRD_CHART: Final = ROOT / "charts/aiapp-operator-crds"
RUNTIME_CHART: Final = ROOT / "charts/aiapp-runtimes"
RELEASE: Final = "aiapp-operator"
NAMESPACE: Final = "aiapp-system"
KUBERNETES: Final = ("1.30", "1.36")
"""The oldest minor that the chart is for, and the sandbox's."""
SECONDS: Final = 180


@cache
def program() -> Path:
    """Helm, found or built."""
    return binaries.resolve(("helm",), os.environ, Silent())["helm"]


@dataclass(frozen=True)
class Helm:
    """Helm as the user of a kubeconfig, or without a cluster."""

    home: Path
    """Where it keeps caches."""
    kubeconfig: Path | None = None
    program: Path | None = None

    def __call__(
        self, *arguments: str | Path, values: Mapping[str, Any] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run it; with `check` a failure is an AssertionError with what it said."""
        stdin = [] if values is None else ["--values=-"]
        command = [self.program or program(), *arguments, *stdin]
        done = subprocess.run(
            list(map(str, command)),
            env=self._environment(),
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, f"helm {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}"
        return done

    def rendered(self, *arguments: str, chart: Path = CHART, **values: Any) -> list[Object]:
        """The objects of `helm template`."""
        done = self("template", RELEASE, chart, f"--namespace={NAMESPACE}", *arguments, values=values)
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    def _environment(self) -> dict[str, str]:
        folders = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        return {**os.environ, **folders, "KUBECONFIG": str(self.kubeconfig or os.devnull)}


def of(documents: list[Object], kind: str, name: str | None = None) -> Object:
    """The one object of a kind, or the one of that name."""
    [found] = [each for each in documents if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def faults(documents: list[Object]) -> list[str]:
    """What the API server would refuse of these objects, by the schemas of the oldest and the newest Kubernetes."""
    return [fault for document in documents for fault in _faults(document)]


def _faults(document: Object) -> list[str]:
    if document["apiVersion"] == GROUP_VERSION:
        _, remarks = check_documents(yaml.safe_dump(document).encode(), "rendered")
        return [str(remark) for remark in remarks]
    return [fault for version in KUBERNETES if (fault := _strict(document, version))]


def _strict(document: Object, version: str) -> str | None:
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return f"{document['kind']} in {version}: {error}"
    return None
