"""How a ConfigMap of ours records its users: by owner references, and versions by a label as well."""

from aiapp.domain.kubernetes.naming import owner, pinned_label
from aiapp.domain.kubernetes.resources import VERSIONS, Json


def used_by(user: Json) -> Json:
    """The metadata that record it. `user` is an AIApplicationVersion or an AIApplication."""
    used: Json = {"ownerReferences": [owner(user, controller=False)]}
    if user["kind"] == VERSIONS.kind:
        used["labels"] = {pinned_label(user["metadata"]["name"]): user["metadata"]["uid"]}
    return used


def is_owned_by(config_map: Json, user: Json) -> bool:
    """Whether `user` is one of its owners."""
    owners = config_map["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == user["metadata"]["uid"] for one in owners)


def is_used_by(config_map: Json, user: Json) -> bool:
    """Whether the metadata record the user already."""
    labels = config_map["metadata"].get("labels") or {}
    return is_owned_by(config_map, user) and used_by(user).get("labels", {}).items() <= labels.items()
