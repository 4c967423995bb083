"""Fields that are meant for another server than the one that serves a version. They do no harm, but nothing either."""

from collections.abc import Iterable

from aiapp.api.container import OF_IMAGES, Container
from aiapp.api.serving import ServedVersion, Serving

_BRINGS_ITS_OWN = "an image brings a server of its own"
_OF_MODEL_SERVER = ("workers",)


def unused_by_image(container: Container | None) -> str:
    """The fields of a version's container that its own image makes no use of, as a sentence; empty for none."""
    return _sentence("container", _set(container, _OF_MODEL_SERVER), _BRINGS_ITS_OWN)


def unused_by_runtime(container: Container | None, *, brings_server: bool = False) -> str:
    """The same where a runtime serves it: our model server in its image, or the server that it brings."""
    other = (_OF_MODEL_SERVER, "the runtime brings a server of its own")
    if not brings_server:
        other = (("parameters",), "they are for a server that a runtime brings, and this one brings none")
    found = ((OF_IMAGES, "a runtime says how it is started and asked"), other)
    return "; ".join(text for names, why in found if (text := _sentence("container", _set(container, names), why)))


def unused_in_serving(served: ServedVersion, serving: Serving) -> str:
    """The fields by which an application tells our model server something that another server does not hear."""
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
