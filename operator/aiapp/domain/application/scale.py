"""Who says how many pods a Deployment has, and what is remembered while the operator says it for another. Pure.

Where `replicas` is left out the number belongs to others: the operator does not set it. While it has to (a stopped
application, a version without weight), it keeps the number that it found in an annotation of the Deployment, and sets
it once when that time is over; from the next pass on the number is left to others again.
"""

from typing import Final

from aiapp.domain.application.observed import wanted_pods
from aiapp.domain.kubernetes.naming import REPLICAS_ANNOTATION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.deployment import Scale

FIRST: Final = 1
"""Pods of a new Deployment whose number is left to others."""


def scale(wish: int | None, now: int | None, child: Json | None) -> Scale:
    """`wish` is the spec's number, `now` what holds at present, `child` the Deployment as it is."""
    if wish is not None:
        return Scale(now)
    known = remembered(child)
    if now is None:
        return Scale(known)
    found = FIRST if child is None else wanted_pods(child)
    return Scale(now, found if known is None else known)


def remembered(child: Json | None) -> int | None:
    """The number of pods that a Deployment will come back to; None: it stands as others want it."""
    annotations = {} if child is None else child["metadata"].get("annotations") or {}
    text = str(annotations.get(REPLICAS_ANNOTATION, ""))
    return int(text) if text.isascii() and text.isdigit() else None
