"""How far kstatus takes an object to be: the rules by which Flux and Helm wait."""

from typing import Any, Literal

Status = Literal["Current", "InProgress", "Failed", "Terminating"]
_READY: dict[str, Status] = {"True": "Current", "False": "InProgress", "Unknown": "InProgress"}


def kstatus(obj: dict[str, Any]) -> Status:
    """Of an object of a kind that kstatus has no rules of its own for."""
    metadata, status = obj["metadata"], obj.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    if status.get("observedGeneration", metadata.get("generation")) != metadata.get("generation"):
        return "InProgress"
    conditions = status.get("conditions") or ()
    for one in conditions:
        if one["status"] == "True" and one["type"] in {"Reconciling", "Stalled"}:
            return "InProgress" if one["type"] == "Reconciling" else "Failed"
    return next((_READY[one["status"]] for one in conditions if one["type"] == "Ready"), "Current")
