"""The CustomResourceDefinitions of our kinds, made from the models. Never reads or writes a file or a cluster."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from typing_extensions import override

from aiapp.api.application import AIApplication
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import API_VERSION, GROUP, GROUP_VERSION, NEVER, REQUIRED, RULES, ApiModel
from aiapp.api.runtime import InferenceRuntime
from aiapp.api.schema import Schema, rebuilt, structural_schema, without_item_defaults
from aiapp.api.template import InferenceTemplate
from aiapp.api.version import AIApplicationVersion

REVISION: Final = 50
"""Grows by one with every change of the schemas. An operator works with CRDs of its own revision or a higher one: with
older ones the API server would drop status fields that it writes. `make crds` refuses a change without a new number."""
SCHEMA_REVISION: Final = "aiapp.dev/schema-revision"
"""Annotation of a CRD with the `REVISION` that it was made from."""
LOCK: Final = "schema.lock"
"""File beside the CRDs: the revision and the hash of the schemas that it stands for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; the wide ones appear with `-o wide`."""

    name: str
    json_path: str
    type: str = "string"
    wide: bool = False

    def manifest(self) -> dict[str, Any]:
        column = {"name": self.name, "jsonPath": self.json_path, "type": self.type}
        return column | ({"priority": 1} if self.wide else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the API server must know of a kind beside its schema."""

    model: type[ApiModel]
    plural: str
    short_names: tuple[str, ...]
    columns: tuple[Column, ...]
    scope: str = "Namespaced"
    selectable: tuple[str, ...] = ()
    initial: Mapping[str, str] = field(default_factory=dict)
    """Status, beside the conditions, of an object that was not reconciled yet."""

    @property
    def name(self) -> str:
        return self.model.__name__

    @property
    def crd_name(self) -> str:
        return f"{self.plural}.{GROUP}"


def _of_ready(field: str) -> str:
    return f'.status.conditions[?(@.type=="Ready")].{field}'


AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")

APPLICATIONS: Final = Kind(
    model=AIApplication,
    plural="aiapplications",
    short_names=("aiapp", "aiapps"),
    columns=(
        Column("Serving", ".status.served"),
        Column("Phase", ".status.phase"),
        Column("Ready", _of_ready("status")),
        Column("Reason", _of_ready("reason")),
        Column("Replicas", ".status.replicas", "integer"),
        Column("Available", ".status.readyReplicas", "integer"),
        Column("Rollout", ".status.rollout.summary", wide=True),
        Column("Latest", ".status.latestReadyVersion", wide=True),
        Column("Versions", ".status.versionCount", "integer", wide=True),
        Column("URL", ".status.url", wide=True),
        AGE,
    ),
    selectable=(".status.phase", ".status.latestReadyVersion"),
)
VERSIONS: Final = Kind(
    model=AIApplicationVersion,
    plural="aiapplicationversions",
    short_names=("aiappv",),
    columns=(
        Column("Model", ".status.model.type"),
        Column("Architecture", ".status.model.weights.architecture", wide=True),
        Column("Runtime", ".status.runtime.name", wide=True),
        Column("Compatible", ".status.compatibility.verdict"),
        Column("Lifecycle", ".status.runtime.lifecycle", wide=True),
        Column("Phase", ".status.phase"),
        Column("Ready", _of_ready("status")),
        Column("Reason", _of_ready("reason")),
        Column("Size", ".status.artifact.size"),
        Column("Used-By", ".status.usedBy[0]"),
        Column("Pin", ".status.artifact.pin", wide=True),
        Column("Image", ".status.image.image", wide=True),
        AGE,
    ),
    selectable=(
        ".spec.application",
        ".spec.version",
        ".status.phase",
        ".status.model.type",
        ".status.runtime.name",
        ".status.compatibility.verdict",
    ),
    initial={"phase": "Importing"},
)
RUNTIMES: Final = Kind(
    model=InferenceRuntime,
    plural="inferenceruntimes",
    short_names=("infrt",),
    scope="Cluster",
    columns=(
        Column("Lifecycle", ".spec.lifecycle"),
        Column("Image", ".spec.image"),
        Column("Arch", ".status.architecture"),
        Column("Hardware", ".status.hardware"),
        AGE,
    ),
)
TEMPLATES: Final = Kind(
    model=InferenceTemplate,
    plural="inferencetemplates",
    short_names=("inftpl",),
    scope="Cluster",
    columns=(
        Column("Engine", ".spec.engine"),
        Column("Mode", ".spec.mode"),
        Column("Runtime", ".spec.runtime", wide=True),
        Column("Description", ".spec.description", wide=True),
        Column("Ready", _of_ready("status")),
        AGE,
    ),
)
KINDS: Final = (APPLICATIONS, VERSIONS, RUNTIMES, TEMPLATES)

_ROOT: Final[dict[str, Schema]] = {
    "apiVersion": {"type": "string", "description": f"Group and version of this kind: {GROUP_VERSION}."},
    "kind": {"type": "string", "description": "Name of this kind."},
    "metadata": {
        "type": "object",
        # The bound is what Kubernetes allows anyway; stated here, it bounds the cost of the rules that read the name.
        "properties": {"name": {"type": "string", "maxLength": 253, "description": "The object's name."}},
    },
}

_INITIAL: Final = {
    "type": ConditionType.READY.value,
    "status": "Unknown",
    "reason": Reason.PENDING.value,
    "message": "the operator has not looked at it yet",
    "lastTransitionTime": NEVER,
}


def schema(kind: Kind) -> Schema:
    """The whole object's schema.

    The status, which only the operator writes, has no rules but those of transitions (what was pinned stays) and those
    that stand for `required`, and one default as a whole: without any condition an object would count as ready
    (kstatus) until the operator comes to it.
    """
    whole = structural_schema(kind.model)
    status = rebuilt(whole["properties"]["status"], _reported)
    status |= {"default": {**kind.initial, "conditions": [_INITIAL]}}
    spec = without_item_defaults(whole["properties"]["spec"])
    return whole | {"properties": {**_ROOT, **whole["properties"], "spec": spec, "status": status}}


def crd(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    names = {
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": kind.plural,
        "singular": kind.name.lower(),
        "shortNames": list(kind.short_names),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name, "annotations": {SCHEMA_REVISION: str(REVISION)}},
        "spec": {"group": GROUP, "names": names, "scope": kind.scope, "versions": [_version(kind)]},
    }


def schema_hash() -> str:
    """SHA-256 over what the schemas accept and keep; descriptions do not count."""
    accepted = [rebuilt(schema(kind), _wordless) for kind in KINDS]
    return hashlib.sha256(json.dumps(accepted, sort_keys=True).encode()).hexdigest()


def files() -> dict[str, str]:
    """Name and text of every file in `crds/`: the CRDs, a Kustomization of them, the lock."""
    head = "# Made from operator/aiapp/api by `make crds`; do not edit.\n"
    texts = {f"{kind.plural}.yaml": head + _yaml(crd(kind)) for kind in KINDS}
    # Without a suffix, so that `kubectl apply -f crds/` passes over it.
    texts["Kustomization"] = head + _yaml(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": sorted(texts),
        }
    )
    return texts | {LOCK: f"revision {REVISION}\nsha256 {schema_hash()}\n"}


def _version(kind: Kind) -> dict[str, Any]:
    selectable = {"selectableFields": [{"jsonPath": path} for path in kind.selectable]} if kind.selectable else {}
    return {
        "name": API_VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema(kind)},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column.manifest() for column in kind.columns],
        **selectable,
    }


def _reported(node: Schema) -> Schema:
    reported = {key: value for key, value in node.items() if key not in {"default", RULES}}
    kept = [rule for rule in node.get(RULES, ()) if "oldSelf" in rule["rule"] or rule["reason"] == REQUIRED]
    return reported | ({RULES: kept} if kept else {})


def _wordless(node: Schema) -> Schema:
    worded = {key: value for key, value in node.items() if key != "description"}
    return worded | ({RULES: [rule["rule"] for rule in node[RULES]]} if RULES in node else {})


class _Plain(yaml.SafeDumper):
    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Plain, width=118, allow_unicode=True)
