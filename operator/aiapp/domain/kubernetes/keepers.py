"""Tools that keep an object as Git or a release has it, by the marks that they leave on it. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aiapp.domain.kubernetes.resources import Json

GITOPS: Final = frozenset(
    {"argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller", "helm"}
)
"""Field managers that set an object back to what lies in Git or in a release."""
_ARGO_TRACKING: Final = "argocd.argoproj.io/tracking-id"
_ARGO_INSTANCE: Final = "argocd.argoproj.io/instance"
_FLUX_KUSTOMIZATION: Final = "kustomize.toolkit.fluxcd.io"
_FLUX_RELEASE: Final = "helm.toolkit.fluxcd.io"
_HELM_RELEASE: Final = "meta.helm.sh/release-name"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_MARKS: Final = frozenset(
    {
        _ARGO_TRACKING,
        _ARGO_INSTANCE,
        _HELM_RELEASE,
        _LAST_APPLIED,
        "meta.helm.sh/release-namespace",
        *(f"{owner}/{part}" for owner in (_FLUX_KUSTOMIZATION, _FLUX_RELEASE) for part in ("name", "namespace")),
    }
)
"""Labels and annotations that tools put on objects, and that do not belong into Git."""


class Keeper(NamedTuple):
    """The tool that keeps an object as it is written elsewhere: in Git, or in a Helm release."""

    tool: str
    """As people call it, for example `Argo CD`."""
    name: str
    """What of it: an Argo CD application, a Kustomization or HelmRelease of Flux, a release. Empty if unknown."""

    @property
    def label(self) -> str:
        """Tool and name, for messages."""
        return f"{self.tool} ({self.name})" if self.name else self.tool


def keeper(obj: Json) -> Keeper | None:
    """The tool whose marks an object carries, else the one that wrote fields of it; None: nobody is known."""
    metadata = obj["metadata"]
    return _marked(metadata.get("labels") or {}, metadata.get("annotations") or {}) or _writing(metadata)


def note(obj: Json) -> str | None:
    """What a person who changes the spec of an object should know of its keeper."""
    found = keeper(obj)
    if found is None:
        return None
    return f"{found.label} keeps it as Git has it and may undo this: change it in Git as well"


def manifest(obj: Json) -> Json:
    """An object as a file in Git: without status, the API server's own metadata and the marks of tools."""
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace") if key in obj["metadata"]}
    for part in ("labels", "annotations"):
        if own := {key: one for key, one in (obj["metadata"].get(part) or {}).items() if key not in _MARKS}:
            metadata[part] = own
    spec = {"spec": obj["spec"]} if "spec" in obj else {}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata, **spec}


def _marked(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Keeper | None:
    if tracking := annotations.get(_ARGO_TRACKING, labels.get(_ARGO_INSTANCE)):
        return Keeper("Argo CD", f"application {tracking.partition(':')[0]}")
    for owner, kind in ((_FLUX_KUSTOMIZATION, "Kustomization"), (_FLUX_RELEASE, "HelmRelease")):
        if name := labels.get(f"{owner}/name"):
            return Keeper("Flux", f"{kind} {labels.get(f'{owner}/namespace', '')}/{name}")
    if name := annotations.get(_HELM_RELEASE):
        return Keeper("Helm", f"release {name}")
    return None


def _writing(metadata: Json) -> Keeper | None:
    managers = {str(one.get("manager")) for one in metadata.get("managedFields") or ()}
    found = sorted(managers & GITOPS)
    return Keeper(found[0], "") if found else None
