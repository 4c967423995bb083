"""Children that lost their owner: those that the operator provably made are taken back as they run.

That happens when an application is deleted with `--cascade=orphan`, restored from a backup (with another uid), or when
a user removes owner references. Never takes what another controller owns.
"""

from collections.abc import Iterable, Sequence

from aiapp.api.conditions import Reason
from aiapp.domain.conditions import Trouble
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.naming import (
    APPLICATION_LABEL,
    APPLIED_ANNOTATION,
    KEY_LABEL,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    VERSION_LABEL,
    owner,
    workload,
)
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONTROLLER_REVISIONS,
    HTTP_ROUTES,
    SERVICES,
    Json,
    resource_of,
)
from aiapp.domain.records import ApplicationRecord


def orphans(application: ApplicationRecord, children: Iterable[Json]) -> list[Json]:
    """The children that the operator made for an application of this name, and that nothing living controls."""
    return [child for child in children if _is_orphan(application, child)]


def new_owners(application: ApplicationRecord, orphan: Json) -> list[Json]:
    """Owner references as a patch: adds the application, removes its predecessors of the same name.

    A strategic merge patch, but for a kind that a CRD defines, of which lists are replaced as a whole.
    """
    dead = [one for one in _owners(orphan) if _is_namesake(application, one)]
    ours = owner(application.raw, controller=True)
    if resource_of(orphan).is_custom:
        return [*(one for one in _owners(orphan) if one not in dead), ours]
    return [*({"$patch": "delete", "uid": one["uid"]} for one in dead), ours]


def taken_back(orphan: Json) -> Event:
    """The Event for it."""
    message = f"{called(orphan)}, which had lost its owner, belongs to this application again"
    return Event("Normal", Reason.TAKEN_BACK, message)


def name_taken(objects: Sequence[Json]) -> Trouble:
    """The trouble with objects under names that the operator needs, which it has not touched."""
    strange = [called(obj) for obj in objects if not _is_labelled(obj)]
    claimed = [_claimed(obj) for obj in objects if _is_labelled(obj)]
    message = f"{', '.join(strange)} exists and is not the operator's: delete or rename it, or the application"
    return Trouble(Reason.NAME_TAKEN, "; ".join([*([message] if strange else []), *claimed]))


def called(obj: Json) -> str:
    """Kind and name, for people."""
    return f"{obj['kind']} {obj['metadata']['name']}"


def _claimed(obj: Json) -> str:
    """The message about an object with the operator's label, which may be a user's copy."""
    controller = _controller(obj)
    if controller is not None:
        return f"{called(obj)} is controlled by {controller['kind']} {controller['name']}: delete or rename it"
    command = f"kubectl annotate {obj['kind'].lower()} {obj['metadata']['name']} {APPLIED_ANNOTATION}=restored"
    return (
        f"{called(obj)} is not the application's, though it has the operator's label: if the operator made it for an "
        f"application of this name, `{command}` has it taken back as it runs; else delete or rename it"
    )


def _is_orphan(application: ApplicationRecord, child: Json) -> bool:
    metadata = child["metadata"]
    controller = _controller(child)
    return (
        not any(one["uid"] == application.uid for one in _owners(child))
        and (controller is None or _is_namesake(application, controller))
        and "deletionTimestamp" not in metadata
        and APPLIED_ANNOTATION in metadata.get("annotations", {})
        and _is_labelled(child)
        and metadata["name"] == _name(application.name, child)
    )


def _is_labelled(child: Json) -> bool:
    return bool((child["metadata"].get("labels") or {}).get(MANAGED_BY_LABEL) == MANAGED_BY)


def _name(application: str, child: Json) -> str | None:
    """What the operator would call an object with these labels."""
    labels = child["metadata"]["labels"]
    if labels.get(APPLICATION_LABEL) != application:
        return None
    version = labels.get(VERSION_LABEL)
    if version is None:
        return application if child["kind"] in (SERVICES.kind, HTTP_ROUTES.kind) else None
    name = workload(application, version)
    return f"{name}-{labels.get(KEY_LABEL)}" if child["kind"] == CONTROLLER_REVISIONS.kind else name


def _is_namesake(application: ApplicationRecord, owner_reference: Json) -> bool:
    """Whether it means an application that had this one's name: that one is gone, since names are unique."""
    found = (owner_reference.get("apiVersion"), owner_reference.get("kind"), owner_reference.get("name"))
    return (
        found == (APPLICATIONS.api_version, APPLICATIONS.kind, application.name)
        and owner_reference["uid"] != application.uid
    )


def _controller(obj: Json) -> Json | None:
    return next((one for one in _owners(obj) if one.get("controller")), None)


def _owners(obj: Json) -> Sequence[Json]:
    return obj["metadata"].get("ownerReferences") or ()
