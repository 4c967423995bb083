"""How a ConfigMap of ours records its users: by owner references, and versions by a label as well."""

from aiapp.domain.kubernetes.naming import owner, pinned_label
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.kubernetes.trimming import MOST_OWNERS


def used_by(user: Json, *others: Json) -> Json:
    """The metadata that record it. `user` is an AIApplicationVersion or an AIApplication, so are `others`."""
    used: Json = {"ownerReferences": [owner(one, controller=False) for one in (user, *others)]}
    if user["kind"] == VERSIONS.kind:
        used["labels"] = {pinned_label(user["metadata"]["name"]): user["metadata"]["uid"]}
    return used


def serves(application: Json, version: str) -> bool:
    """Whether an AIApplication is to serve the version with that number."""
    serving = (application.get("spec") or {}).get("serving") or {}
    return any(served.get("version") == version for served in serving.get("versions") or ())


def is_owned_by(config_map: Json, user: Json) -> bool:
    """Whether `user` is one of its owners."""
    owners = config_map["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == user["metadata"]["uid"] for one in owners)


def is_used_by(config_map: Json, user: Json) -> bool:
    """Whether the metadata record the user already."""
    labels = config_map["metadata"].get("labels") or {}
    return is_owned_by(config_map, user) and used_by(user).get("labels", {}).items() <= labels.items()


def is_cut(config_map: Json) -> bool:
    """Whether it may have more users than the cache has kept of it."""
    return len(config_map["metadata"].get("ownerReferences") or ()) == MOST_OWNERS
