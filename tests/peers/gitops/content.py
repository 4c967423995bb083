"""What a repository of models holds: a Secret with keys, versions, and the application that serves one of them."""

from dataclasses import dataclass
from typing import Any

from tests.support.kube import Object
from tests.support.packages import Registry, keys

from aiapp.api.meta import GROUP_VERSION

WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True)
class Content:
    """Objects for the registry's namespace."""

    registry: Registry

    def of(self, *numbers: str, **serving: Any) -> dict[str, list[Object]]:
        """Files with these versions, of which the last one is served."""
        return {
            "secret.yaml": [keys(self.registry.bucket, self.registry.namespace)],
            "versions.yaml": [self.version(number) for number in numbers],
            "application.yaml": [self._application(numbers[-1], serving)],
        }

    def version(self, number: str, package_at: str = "mnist") -> Object:
        obs = {
            "uri": f"obs://{self.registry.bucket.name}/{package_at}/",
            "endpoint": self.registry.bucket.endpoint,
            "credentialsSecretRef": {"name": "store"},
        }
        spec = {"application": "mnist", "version": number, "source": {"obs": obs}}
        return self._object("AIApplicationVersion", f"mnist-{number}", "0", spec)

    def _application(self, number: str, serving: Object) -> Object:
        spec = {"serving": {"versions": [{"version": number, **serving}]}}
        return self._object("AIApplication", "mnist", "1", spec)

    def _object(self, kind: str, name: str, wave: str, spec: Object) -> Object:
        metadata = {"name": name, "namespace": self.registry.namespace, "annotations": {WAVE: wave}}
        return {"apiVersion": GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


KINDS = (
    *((GROUP_VERSION, kind) for kind in ("AIApplication", "AIApplicationVersion")),
    *(("apps/v1", kind) for kind in ("Deployment", "ControllerRevision")),
    *(("v1", kind) for kind in ("Service", "ConfigMap", "Secret")),
)
"""What is committed, and what the operator makes of it."""


def state(registry: Registry) -> dict[str, str]:
    """The resourceVersion of every object of the namespace: the same as long as nobody writes any."""
    found = [one for kind in KINDS for one in registry.kube.list(*kind, registry.namespace)]
    return {f"{one['kind']} {one['metadata']['name']}": one["metadata"]["resourceVersion"] for one in found}
