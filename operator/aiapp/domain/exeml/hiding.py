"""What was found of an ExeML model, without a word on where it lies: for status, Events and the ends of pods."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Inspection, Invalid, Uncopied, Unresolved, Valid, ValidImage, Waiting

HIDDEN: Final = "(hidden)"
_SHORTEST: Final = 3
"""Bucket names have no fewer characters."""
OWN_IMAGE: Final = "its config.json names an image of its own in swr_location: a model of ExeML is served by a runtime"


def secret_words(where: Location, *others: str | None) -> tuple[str, ...]:
    """All that may not be said, the longest first. `others`: such as the name of a Secret."""
    host = where.host if where.endpoint is not None else None
    bare = host.rpartition(":")[0] if host else None
    found = {where.uri, where.prefix, where.prefix.rstrip("/"), where.bucket, where.endpoint, host, bare, *others}
    return tuple(sorted((word for word in found if word and len(word) >= _SHORTEST), key=len, reverse=True))


def redacted(text: str, words: Iterable[str]) -> str:
    """The text with those words taken out."""
    for word in words:
        text = text.replace(word, HIDDEN)
    return text


def without_place(inspection: Inspection, hidden: tuple[str, ...]) -> Inspection:
    """The same with its place redacted. An image of the package's own is refused: whoever can pull it has the model."""
    match inspection:
        case Unresolved() | Invalid() | Waiting():
            return replace(inspection, message=redacted(inspection.message, hidden))
        case Valid():
            return replace(inspection, warnings=tuple(redacted(warning, hidden) for warning in inspection.warnings))
        case ValidImage():
            return Invalid(inspection.uri or "", inspection.listing or "", Reason.CONFIG_INVALID, OWN_IMAGE)
        case Uncopied():
            return Unresolved(Reason.CONFIG_INVALID, OWN_IMAGE, retryable=False)
        case _:
            return inspection
