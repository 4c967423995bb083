"""Who says how many pods a Deployment has, and what is remembered while the operator says it for another. Pure.

Where `replicas` is left out the number belongs to others: the operator does not set it. While it has to (a stopped
application, a version without weight), it keeps the number that it found in an annotation of the Deployment, and sets
it once when that time is over; from the next pass on the number is left to others again.
"""

from typing import Final

from aiapp.domain.application.observed import wanted_pods
from aiapp.domain.kubernetes.naming import REPLICAS_ANNOTATION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord
from aiapp.domain.rendering.deployment import Scale

FIRST: Final = 1
"""Pods of a new Deployment whose number is left to others."""


def scale(wish: int | None, now: int | None, child: Json | None, before: int | None = None) -> Scale:
    """`wish` is the spec's number, `now` what holds at present, `child` the Deployment as it is.

    `before` is the number that the spec had until just now: that of a Deployment which is held at 0 meanwhile.
    """
    if wish is not None:
        return Scale(now)
    known, found = remembered(child), FIRST if child is None else wanted_pods(child)
    own = before or None if known is None and not found else known
    return Scale(own) if now is None else Scale(now, (found or FIRST) if own is None else own)


def remembered(child: Json | None) -> int | None:
    """The number of pods that a Deployment will come back to; None: it stands as others want it."""
    annotations = {} if child is None else child["metadata"].get("annotations") or {}
    text = str(annotations.get(REPLICAS_ANNOTATION, ""))
    return int(text) if text.isascii() and text.isdigit() else None


def asked_before(application: ApplicationRecord, version: str) -> int | None:
    """The pods of a version in the latest configuration on record: until an edit is reported, those of before it."""
    served = (one for last in application.parsed.status.history[:1] for one in last.versions)
    return next((one.replicas for one in served if one.version == version), None)
