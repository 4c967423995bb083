"""Statuses as the API server keeps them. Pure."""

from aiapp.domain.kubernetes.resources import Json


def condition(status: Json, type_: str) -> Json:
    """The condition of that type in the status of an object; empty where there is none."""
    return next((one for one in status.get("conditions") or () if one.get("type") == type_), {})
