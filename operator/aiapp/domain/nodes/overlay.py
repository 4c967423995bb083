"""What an administrator adds to the shipped facts: other label keys and names, more rows. Pure."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.tables import (
    CannRow,
    Chip,
    Counts,
    DriverRow,
    LabelKeys,
    Labels,
    Server,
    Table,
    Tables,
    TablesError,
    Text,
    validated,
)
from aiapp.domain.nodes.tables import read as read_yaml

KEY: Final = "nodes.yaml"
"""The key of the ConfigMap's data that holds the overlay."""

Row = TypeVar("Row", bound=Table)


def text_of(config_map: Json) -> str:
    """The overlay of a ConfigMap. Raises TablesError."""
    data: dict[str, str] = config_map.get("data") or {}
    if KEY not in data:
        raise TablesError(f"there is no such key, only {', '.join(sorted(data)) or 'none at all'}")
    return data[KEY]


class ChipOverlay(Table):
    """Additions to a chip family; an unknown id makes a new one."""

    id: str
    tokens: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    servers: tuple[Server, ...] = ()
    accelerators: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    counts: Counts | None = None
    memory: dict[Text, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """GiB of one NPU, by its name; these count before the shipped ones."""
    ring: str | None = None
    own_drivers: bool | None = None
    driver_paths: tuple[str, ...] | None = None


class Overlay(Table):
    """Everything may be left out."""

    labels: LabelKeys = LabelKeys()
    """Keys that are looked at before the shipped ones."""
    ignored_labels: Labels = ()
    """Shipped keys that mean something else in this cluster."""
    driver_paths: tuple[str, ...] | None = None
    """Instead of the shipped ones."""
    chips: tuple[ChipOverlay, ...] = ()
    drivers: tuple[DriverRow, ...] = ()
    cann: tuple[CannRow, ...] = ()
    """Rows replace shipped ones of the same version."""


def overlaid(shipped: Tables, text: str) -> Tables:
    """The shipped facts with those of the text. Raises TablesError, which names the place."""
    overlay = validated(Overlay, read_yaml(text) or {})
    return Tables(
        labels=_labels(shipped.labels, overlay),
        signs=shipped.signs,
        driver_paths=shipped.driver_paths if overlay.driver_paths is None else overlay.driver_paths,
        chips=_chips(shipped.chips, overlay.chips),
        unnamed=shipped.unnamed,
        drivers=_rows(shipped.drivers, overlay.drivers, "version"),
        cann=_rows(shipped.cann, overlay.cann, "version"),
    )


def _labels(shipped: LabelKeys, overlay: Overlay) -> LabelKeys:
    found = {
        field: _united(
            getattr(overlay.labels, field), (k for k in getattr(shipped, field) if k not in overlay.ignored_labels)
        )
        for field in LabelKeys.model_fields
    }
    return LabelKeys(**found)


def _chips(shipped: Iterable[Chip], overlays: Iterable[ChipOverlay]) -> tuple[Chip, ...]:
    by_id = {chip.id: chip for chip in shipped}
    for overlay in overlays:
        by_id[overlay.id] = _extended(by_id.get(overlay.id, Chip(id=overlay.id)), overlay)
    return tuple(by_id.values())


def _extended(chip: Chip, overlay: ChipOverlay) -> Chip:
    changes: dict[str, Any] = {
        field: _united(getattr(overlay, field), getattr(chip, field))
        for field in ("tokens", "names", "accelerators", "resources")
    }
    changes["memory"] = chip.memory | overlay.memory
    changes["servers"] = _rows(chip.servers, overlay.servers, "name")
    changes |= {
        field: value
        for field in ("counts", "ring", "own_drivers", "driver_paths")
        if (value := getattr(overlay, field)) is not None
    }
    return chip.model_copy(update=changes)


def _rows(shipped: Iterable[Row], added: Iterable[Row], name: str) -> tuple[Row, ...]:
    """An added row takes the place of the shipped one of its name, or comes last."""
    fresh = {getattr(row, name): row for row in added}
    kept = [fresh.pop(getattr(row, name), row) for row in shipped]
    return (*kept, *fresh.values())


def _united(first: Iterable[str], then: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))
