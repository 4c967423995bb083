"""Our objects as the store has them, in the states that decisions meet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from tests.support import documents
from tests.support.fleet import TABLES, node, seen

from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.candidate import RenderContext
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.application.plan import ApplicationPlan
from aiapp.domain.application.rollout import Absent, Held, Rendered, Running
from aiapp.domain.conditions import Trouble
from aiapp.domain.kubernetes.naming import manifest_config_map, version_labels, workload
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.pod.delivery import Fetcher

SKLEARN: Final = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
PIN: Final = f"sha256:{'4b' * 32}"
FETCHER: Final = Fetcher("r/aiapp-operator:0.1.0")
NOON: Final = datetime(2026, 1, 2, 12, tzinfo=UTC)
CREATED: Final = "2026-01-02T03:04:05Z"


def on_the_way(state: str, **fields: Any) -> dict[str, Any]:
    """`status.rollout` at the first of two steps, from four pods of 1.0.0 to 1.1.0; `fields` replace some of it."""
    return {
        "id": "a1",
        "from": [{"version": "1.0.0", "weight": 100, "replicas": 4}],
        "to": [{"version": "1.1.0", "weight": 100}],
        "step": 1,
        "steps": 2,
        "percent": 25,
        "state": state,
        "since": NOON.isoformat(),
    } | fields


def stored(document: dict[str, Any], *, status: dict[str, Any] | None = None) -> dict[str, Any]:
    """As the API server returns it."""
    name = document["metadata"]["name"]
    metadata = {"namespace": "team", "uid": f"uid-{name}", "generation": 1, "creationTimestamp": CREATED}
    return document | {"metadata": metadata | document["metadata"], "status": status or {}}


def condition(type_: str, status: str = "True", reason: str = "Succeeded", message: str = "") -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": CREATED,
        "observedGeneration": 1,
    }


NORMAL: Final = {
    "observedGeneration": 1,
    "phase": "Normal",
    "source": {"type": "Obs", "origin": "Custom", "uri": "obs://models/mnist/1.0.0/model/", "listing": "sha256:1"},
    "artifact": {
        "type": "Package",
        "pin": PIN,
        "objects": 3,
        "bytes": 3 << 20,
        "size": "3.0 MiB",
        "manifestRef": {"name": manifest_config_map(PIN)},
        "verification": "ETag",
    },
    "model": {"type": "Scikit_Learn", "algorithm": "image_classification", "runtime": SKLEARN},
    "runtime": {"name": SKLEARN, "image": "r/sklearn:1", "lifecycle": "Supported"},
    "conditions": [
        condition(type_)
        for type_ in ("SourceResolved", "PackageValid", "ArtifactPinned", "RuntimeResolved", "RuntimeCompatible")
    ]
    + [condition("Ready", reason="Normal")],
}


def normal_version(number: str = "1.0.0", **changes: Any) -> VersionRecord:
    """A version that is imported, pinned and resolved."""
    document = documents.changed(documents.version("mnist", number), **changes)
    return VersionRecord.parse(stored(document, status=NORMAL))


def fresh_version(**changes: Any) -> VersionRecord:
    """A version that nobody has looked at yet."""
    return VersionRecord.parse(stored(documents.changed(documents.version(), **changes)))


IMAGE: Final = {
    "reference": "r/mnist:1",
    "image": f"r/mnist@sha256:{'1a' * 32}",
    "digest": f"sha256:{'1a' * 32}",
    "platforms": [{"os": "linux", "architecture": "amd64", "digest": f"sha256:{'1b' * 32}", "bytes": 3 << 20}],
    "bytes": 3 << 20,
    "size": "3.0 MiB",
    "replicated": False,
}
"""What a registry said of an image for one platform."""


def image_version(
    number: str = "1.0.0", image: Mapping[str, Any] = MappingProxyType({}), **changes: Any
) -> VersionRecord:
    """A version that is pinned to an image; `image` are fields of its status."""
    source = {"image": {"reference": "r/mnist:1"}}
    document = documents.changed(documents.version("mnist", number), **{"spec__source": source, **changes})
    of_a_package = {"model", "runtime"}
    status = {key: value for key, value in NORMAL.items() if key not in of_a_package} | {
        "source": {"type": "Image", "uri": "r/mnist:1"},
        "artifact": {"type": "Image", "image": IMAGE["image"], "bytes": IMAGE["bytes"], "size": IMAGE["size"]},
        "image": {**IMAGE, **image},
        "conditions": [
            condition(type_) for type_ in ("SourceResolved", "ArtifactPinned", "RuntimeResolved", "RuntimeCompatible")
        ]
        + [condition("Ready", reason="Normal")],
    }
    return VersionRecord.parse(stored(document, status=status))


def custom_version(**changes: Any) -> VersionRecord:
    """A version whose package is served by an image of the user's own (engine Custom)."""
    container = {"image": "r/server:1", **changes.pop("container", {})}
    raw = normal_version(spec__container=container, **changes).raw
    status = {key: value for key, value in raw["status"].items() if key != "runtime"} | {"image": IMAGE}
    return VersionRecord.parse(raw | {"status": status})


def application(**changes: Any) -> ApplicationRecord:
    """An application that serves version 1.0.0."""
    return ApplicationRecord.parse(stored(documents.changed(documents.application(), **changes)))


def observed(
    app: ApplicationRecord | None = None,
    *versions: VersionRecord,
    children: Children | None = None,
    fleet: tuple[dict[str, Any], ...] = (node("cpu-1"),),
    image: str | None = "r/sklearn:1",
    fetcher: Fetcher = FETCHER,
    seconds: float = 60.0,
) -> ObservedApplication:
    """What a pass sees: one CPU node and the catalogue's scikit-learn runtime, `seconds` after the first pass."""
    known = versions or (normal_version(),)
    return ObservedApplication(
        now=NOON + timedelta(seconds=seconds),
        met=NOON,
        application=app or application(),
        versions=known,
        outlines=tuple(map(VersionOutline.of, known)),
        children=children or Children(),
        context=RenderContext(
            runtimes={SKLEARN: RuntimeSpec(name=SKLEARN, image=image)},
            inventory=seen(*fleet),
            tables=TABLES,
            fetcher=fetcher,
        ),
    )


BARE: Final[dict[str, Any]] = {"metadata": {}, "spec": {"containers": [{"resources": {}}]}}
"""A pod template that says next to nothing."""


def deployed(
    number: str = "1.0.0",
    *,
    replicas: int = 1,
    ready: int | None = None,
    template: dict[str, Any] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """A Deployment of the application whose controller has caught up. Without `template`: the one that is due."""
    count = replicas if ready is None else ready
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": workload("mnist", number),
            "namespace": "team",
            "uid": f"uid-deployment-{number}",
            "generation": 1,
            "labels": version_labels("mnist", number),
        },
        "spec": {"replicas": replicas, "progressDeadlineSeconds": 1200} | ({"template": template} if template else {}),
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": count,
            "availableReplicas": count,
        }
        | status,
    }


def pod(number: str = "1.0.0", name: str = "mnist-1-0-0-x", **status: Any) -> dict[str, Any]:
    """A pod of a served version."""
    metadata = {
        "name": name,
        "namespace": "team",
        "labels": version_labels("mnist", number),
        "creationTimestamp": CREATED,
    }
    return {"metadata": metadata, "status": status}


def held(made: ApplicationPlan) -> Trouble:
    """Why the only version that is to be served gets no pods."""
    (one,) = made.rollouts
    assert isinstance(one, Absent | Held), one
    return one.why


def going_on(made: ApplicationPlan) -> Running:
    """The only version that is to be served, which gets pods."""
    (one,) = made.rollouts
    assert isinstance(one, Running), one
    return one


def rendered(made: ApplicationPlan) -> Rendered:
    """The only version that is to be served, with a new template."""
    one = going_on(made)
    assert isinstance(one, Rendered), one
    return one
