"""The Kubernetes resources the operator reads or writes, by name. Never talks to a cluster."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from aiapp.api.meta import API_VERSION, GROUP

Json = dict[str, Any]
"""A Kubernetes object or a part of one, as parsed from JSON. Objects from the store are shared: never change them."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object and where the API server serves it."""

    group: str
    """API group; empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    is_custom: bool = field(default=False, compare=False)
    """Whether a CRD defines it: a patch then replaces lists as a whole."""
    metadata_only: bool = field(default=False, compare=False)
    """Whether lists and watches leave out all but apiVersion, kind and metadata: content may be large."""

    @property
    def api_version(self) -> str:
        """As objects carry it: `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """URL path of an object, or of a collection (of one namespace, or of all), whatever their names hold."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{_segment(namespace)}" if self.namespaced and namespace else ""
        parts = [_segment(part) for part in (name, subresource) if part is not None]
        return "/".join((f"{root}{scope}/{self.plural}", *parts))


def _segment(text: str) -> str:
    """One segment of a path, so that no name, such as one of a link, leads to another object.

    Clients take dots away with the segment before them, even when they are escaped: those are escaped twice, which is
    a name that nothing has. So is an empty one, which would stand for all objects of the kind.
    """
    return (text.replace(".", "%252E") or "%2520") if text in {"", ".", ".."} else quote(text, safe=":")


APPLICATIONS: Final = Resource(GROUP, API_VERSION, "aiapplications", "AIApplication")
VERSIONS: Final = Resource(GROUP, API_VERSION, "aiapplicationversions", "AIApplicationVersion")
RUNTIMES: Final = Resource(GROUP, API_VERSION, "inferenceruntimes", "InferenceRuntime", namespaced=False)
TEMPLATES: Final = Resource(GROUP, API_VERSION, "inferencetemplates", "InferenceTemplate", namespaced=False)
DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment")
CONTROLLER_REVISIONS: Final = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
REPLICA_SETS: Final = Resource("apps", "v1", "replicasets", "ReplicaSet")
SERVICES: Final = Resource("", "v1", "services", "Service")
CONFIG_MAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")
PODS: Final = Resource("", "v1", "pods", "Pod")
SECRETS: Final = Resource("", "v1", "secrets", "Secret")
EVENTS: Final = Resource("", "v1", "events", "Event")
POD_DISRUPTION_BUDGETS: Final = Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
HORIZONTAL_POD_AUTOSCALERS: Final = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
SERVICE_CIDRS: Final = Resource("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", namespaced=False)
HTTP_ROUTES: Final = Resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", is_custom=True)
LIMIT_RANGES: Final = Resource("", "v1", "limitranges", "LimitRange")
NODES: Final = Resource("", "v1", "nodes", "Node", namespaced=False)
TOKEN_REVIEWS: Final = Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced=False)
ADMISSION_POLICIES: Final = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicies",
    "ValidatingAdmissionPolicy",
    namespaced=False,
)
ADMISSION_BINDINGS: Final = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicybindings",
    "ValidatingAdmissionPolicyBinding",
    namespaced=False,
)
LOCAL_ACCESS_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview"
)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")
ACCESS_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
SELF_REVIEWS: Final = Resource(
    "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False
)
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
CRDS: Final = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)

OWN: Final = (APPLICATIONS, VERSIONS, RUNTIMES, TEMPLATES)
"""Our kinds."""

_BY_KIND: Final = {
    (resource.api_version, resource.kind): resource
    for resource in (
        *OWN,
        CONTROLLER_REVISIONS,
        DEPLOYMENTS,
        SERVICES,
        HTTP_ROUTES,
        CONFIG_MAPS,
        POD_DISRUPTION_BUDGETS,
        HORIZONTAL_POD_AUTOSCALERS,
        REPLICA_SETS,
        PODS,
        SECRETS,
        EVENTS,
        LIMIT_RANGES,
        NODES,
        SERVICE_CIDRS,
        LEASES,
        ACCESS_REVIEWS,
        ADMISSION_BINDINGS,
        ADMISSION_POLICIES,
        SELF_REVIEWS,
        NAMESPACES,
        CRDS,
    )
}


def resource_of(document: Json) -> Resource:
    """The resource of an object by its apiVersion and kind. Raises KeyError for one that the operator never uses."""
    return _BY_KIND[document["apiVersion"], document["kind"]]
