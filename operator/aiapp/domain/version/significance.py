"""Distinguishes a mere change of counts, which nodes that come and go cause all the time, from other changes. Pure."""

from aiapp.domain.kubernetes.resources import Json


def only_counts_differ(before: Json, after: Json) -> bool:
    """Whether two statuses of a version differ in counts and examples of nodes alone.

    Conditions are left to the caller, and what is remembered of Events follows from them.
    """
    old, new = before.get("compatibility") or {}, after.get("compatibility") or {}
    parts = {*before, *after} - {"compatibility", "conditions", "events"}
    return (
        bool(old)
        and old != new
        and _content(old) == _content(new)
        and all(before.get(part) == after.get(part) for part in parts)
    )


def _content(compatibility: Json) -> tuple[object, ...]:
    reasons = {(one["reason"], one.get("detail")) for one in compatibility.get("reasons", ())}
    near = {(one["missing"], one["remedy"]) for one in compatibility.get("nearFits", ())}
    return compatibility.get("verdict"), reasons, near
