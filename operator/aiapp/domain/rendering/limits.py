"""Resources of init containers: those of the settings, and no more than the namespace and the model are granted. Pure.

A pod that asks for more than a LimitRange allows is refused, however little its model needs; a quota counts the
largest of its containers. So an init container never asks for more than the model does, where that states resources.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from aiapp.domain.kubernetes.limit_ranges import EPHEMERAL_STORAGE
from aiapp.domain.kubernetes.quantities import quantity, written
from aiapp.domain.kubernetes.resources import Json

Numbers = Mapping[str, Decimal]
"""By resource."""


@dataclass(frozen=True, slots=True)
class InitResources:
    """CPU and memory of an init container, as far as nothing else bounds them."""

    cpu: str
    """Limit."""
    memory: str
    """Limit; what it needs, so the model's own limit does not lower it."""
    requests: Mapping[str, str]


FETCH: Final = InitResources("4", "256Mi", {"cpu": "100m", "memory": "128Mi"})
INSTALL: Final = InitResources("4", "2Gi", {"cpu": "100m", "memory": "256Mi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the LimitRanges of a namespace let a container have; the tightest where there are several."""

    most: Numbers = field(default_factory=dict)
    least: Numbers = field(default_factory=dict)
    ratio: Numbers = field(default_factory=dict)
    """How many times its request a limit may be."""
    default: Numbers = field(default_factory=dict)
    """Limits of a container that names none."""


UNBOUNDED: Final = Bounds()


def bounds(limit_ranges: Iterable[Json]) -> Bounds:
    """The bounds in v1 LimitRanges of one namespace; a pod's bounds hold for each of its containers too."""
    items = [item for one in limit_ranges for item in one.get("spec", {}).get("limits") or ()]
    containers = [item for item in items if item.get("type") == "Container"]
    both = [item for item in items if item.get("type") in {"Container", "Pod"}]
    return Bounds(
        most=_tightest(both, "max", min),
        least=_tightest(containers, "min", max),
        ratio=_tightest(both, "maxLimitRequestRatio", min),
        default=_tightest(containers, "default", min),
    )


def init_resources(configured: InitResources, model: Json, granted: Bounds) -> Json:
    """`model` is what the model's container asks for."""
    own = quantity((model.get("limits") or {}).get("cpu"))
    limits = {
        "cpu": _fitted("cpu", _lowest(quantity(configured.cpu), own), granted, configured.cpu),
        "memory": _fitted("memory", quantity(configured.memory), granted, configured.memory),
    }
    requests = {name: _requested(name, text, limits[name], granted) for name, text in configured.requests.items()}
    return {"requests": requests, "limits": limits}


def storage_limit(limits: Mapping[str, object], granted: Bounds) -> Decimal | None:
    """Ephemeral storage that a container with these limits may use at most; None: as much as there is."""
    own = quantity(limits.get(EPHEMERAL_STORAGE))
    return _lowest(own or granted.default.get(EPHEMERAL_STORAGE), granted.most.get(EPHEMERAL_STORAGE))


def _fitted(name: str, wanted: Decimal | None, granted: Bounds, text: str) -> str:
    found = _lowest(wanted, granted.most.get(name))
    least = granted.least.get(name)
    if found is not None and least is not None:
        found = max(found, least)
    return text if found is None or found == quantity(text) else written(found)


def _requested(name: str, text: str, limit: str, granted: Bounds) -> str:
    """A request of at least what is demanded of a container with that limit, and never more than the limit."""
    most = quantity(limit) or Decimal(0)
    ratio = granted.ratio.get(name)
    least = max(granted.least.get(name, Decimal(0)), most / ratio if ratio else Decimal(0))
    found = min(max(quantity(text) or Decimal(0), least), most)
    return text if found == quantity(text) else written(found)


def _lowest(*numbers: Decimal | None) -> Decimal | None:
    return min((number for number in numbers if number is not None), default=None)


def _tightest(items: Iterable[Json], bound: str, choose: Callable[[Decimal, Decimal], Decimal]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item in items:
        for name, text in (item.get(bound) or {}).items():
            number = quantity(text)
            if number is not None:
                found[name] = choose(number, found.get(name, number))
    return found
