"""Fields that are meant for another server than the one that serves a version. They do no harm, but nothing either."""

from collections.abc import Iterable

from aiapp.api.container import OF_IMAGES, Container
from aiapp.api.serving import ServedVersion, Serving

_BRINGS_ITS_OWN = "an image brings a server of its own"
_OF_MODEL_SERVER = ("workers",)


def unused_by_image(container: Container | None) -> str:
    """The fields of a version's container that its own image makes no use of, as a sentence; empty for none."""
    return _sentence("container", _set(container, _OF_MODEL_SERVER), _BRINGS_ITS_OWN)


def unused_by_runtime(container: Container | None) -> str:
    """The same where our model server serves it."""
    return _sentence("container", _set(container, OF_IMAGES), "a runtime says how it is started and asked")


def unused_in_serving(served: ServedVersion, serving: Serving) -> str:
    """The fields by which an application tells our model server something that an image does not hear."""
    fields = [*_set(served, _OF_MODEL_SERVER), *(f"limits.{name}" for name in _given(serving))]
    return _sentence("serving", fields, _BRINGS_ITS_OWN)


def _given(serving: Serving) -> Iterable[str]:
    return serving.limits.model_dump(by_alias=True, exclude_none=True) if serving.limits else ()


def _set(fields: Container | ServedVersion | None, names: Iterable[str]) -> list[str]:
    return [name for name in names if getattr(fields, name, None) is not None]


def _sentence(of: str, fields: list[str], why: str) -> str:
    if not fields:
        return ""
    return f"{of}: {', '.join(fields)} {'has' if len(fields) == 1 else 'have'} no effect: {why}"
