"""The kinds of objects that the operator makes, one row each; and how everything it keeps in memory is trimmed.

A new kind is a row here, its rendering, and its rights in `charts/aiapp-operator/templates/_rules.tpl`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiapp.domain.kubernetes.naming import is_managed
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    HTTP_ROUTES,
    LIMIT_RANGES,
    OWN,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SERVICES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.domain.kubernetes.trimming import (
    trimmed,
    trimmed_application,
    trimmed_autoscaler,
    trimmed_child,
    trimmed_config_map,
    trimmed_limit_range,
    trimmed_pod,
    trimmed_version,
    trimmed_wish,
)

MergeKeys = Mapping[str, tuple[str, ...]]
"""Lists that Kubernetes merges by key (`x-kubernetes-list-map-keys` of their schemas), and the fields that are the key;
all others, such as `args` and `tolerations`, belong to one owner and are compared whole."""

_OWNERS: Final[MergeKeys] = {"ownerReferences": ("uid",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildKind:
    """What the operator has to know of a kind beside how its objects are rendered."""

    resource: Resource
    merge_keys: MergeKeys = field(default_factory=lambda: _OWNERS)
    trim: Callable[[Json], Json] = trimmed_child
    """What is kept of an object in memory."""
    is_shared: bool = False
    """Whether several objects may own one together; else one application is its controller."""
    metadata_only: bool = False
    """Whether content is left out of lists and watches."""
    left_to_others: tuple[str, ...] | None = None
    """Path of the field that the operator may leave to others: it keeps its value when the operator stops setting it.
    """
    is_optional: bool = False
    """Whether a cluster may not serve it, or let the operator see it: then there are none, until it does."""

    @property
    def watched(self) -> Resource:
        """The resource as it is listed and watched."""
        return replace(self.resource, metadata_only=self.metadata_only)


CHILD_KINDS: Final = (
    ChildKind(resource=CONTROLLER_REVISIONS),
    ChildKind(
        resource=DEPLOYMENTS,
        left_to_others=("spec", "replicas"),
        merge_keys={
            **_OWNERS,
            "containers": ("name",),
            "initContainers": ("name",),
            "volumes": ("name",),
            "env": ("name",),
            "imagePullSecrets": ("name",),
            "volumeMounts": ("mountPath",),
            "ports": ("containerPort", "protocol"),
        },
    ),
    ChildKind(resource=SERVICES, merge_keys={**_OWNERS, "ports": ("port", "protocol")}),
    ChildKind(resource=POD_DISRUPTION_BUDGETS, trim=trimmed_wish),
    ChildKind(resource=HORIZONTAL_POD_AUTOSCALERS, trim=trimmed_autoscaler),
    ChildKind(resource=HTTP_ROUTES, is_optional=True),
    ChildKind(resource=CONFIG_MAPS, trim=trimmed_config_map, is_shared=True, metadata_only=True),
)
"""Templates first: by them a Deployment that is taken back goes on with the pods that it has."""
OF_ONE_APPLICATION: Final = tuple(kind.resource for kind in CHILD_KINDS if not kind.is_shared)
"""What an application is the controller of."""

_LEFT_TO_OTHERS: Final = {kind.resource: kind.left_to_others for kind in CHILD_KINDS}
_MERGE_KEYS: Final = {kind.resource: kind.merge_keys for kind in CHILD_KINDS}
_TRIMS: Final[Mapping[Resource, Callable[[Json], Json]]] = {
    **dict.fromkeys(OWN, trimmed),
    APPLICATIONS: trimmed_application,
    VERSIONS: trimmed_version,
    **{kind.resource: kind.trim for kind in CHILD_KINDS},
    LIMIT_RANGES: trimmed_limit_range,
    PODS: trimmed_pod,
}


def left_to_others(resource: Resource) -> tuple[str, ...] | None:
    """See `ChildKind`."""
    return _LEFT_TO_OTHERS[resource]


def merge_keys_of(resource: Resource) -> MergeKeys:
    """Of objects that the operator makes."""
    return _MERGE_KEYS[resource]


def is_kept(resource: Resource, document: Json) -> bool:
    """Whether the object is one of those that are watched and kept in memory."""
    return resource in OWN or (resource in _TRIMS and is_managed(document))


def trim_of(resource: Resource) -> Callable[[Json], Json]:
    """How objects of the resource are trimmed before they are stored. Never changes its argument."""
    return _TRIMS[resource]
