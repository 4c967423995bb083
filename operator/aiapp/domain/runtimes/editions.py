"""The images of a runtime: one, or one for each chip family and architecture. Pure."""

from dataclasses import dataclass

from aiapp.api.runtime import RuntimeSpec
from aiapp.api.runtime_server import ImageChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One image of a runtime, and the nodes that it is for. What is empty is as the runtime's name says."""

    image: str | None
    chips: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    cann: str | None = None
    npu_counts: tuple[int, ...] = ()
    """Numbers of NPUs of a pod; empty: those that nodes grant."""
    dtypes: tuple[str, ...] = ()
    """Number formats; empty: all."""


def editions(runtime: RuntimeSpec) -> tuple[Edition, ...]:
    """At least one. Those without an image are left out as soon as another one has one."""
    if not runtime.images:
        return (Edition(image=runtime.image, chips=runtime.chips or ()),)
    every = tuple(_edition(one) for one in runtime.images)
    return tuple(one for one in every if one.image is not None) or every


def images(runtime: RuntimeSpec) -> tuple[str, ...]:
    """The images that an administrator has given it, in order; none: no version can be served."""
    return tuple(one.image for one in editions(runtime) if one.image is not None)


def image_of(runtime: RuntimeSpec) -> str | None:
    """The image where it is one and the same for all nodes."""
    found = dict.fromkeys(images(runtime))
    return next(iter(found)) if len(found) == 1 else None


def _edition(choice: ImageChoice) -> Edition:
    return Edition(
        image=choice.image,
        chips=choice.chips or (),
        architectures=choice.architectures or (),
        cann=choice.cann,
        npu_counts=tuple(sorted(choice.npu_counts or ())),
        dtypes=choice.dtypes or (),
    )
