"""The facts about chips, labels, drivers and CANN releases, as data that is loaded from text. Holds no fact itself."""

import re
from functools import cached_property
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

_PART_OF_NPU: Final = re.compile(r"-\d+c(?:\.[0-9a-z.]+)?$", re.ASCII)
"""Cores, then CPUs, memory and decoders: `-10c.4cpu.16g.dvpp`."""

Text = Annotated[str, BeforeValidator(str)]
"""YAML reads `24.1` as a number; versions are text."""


class TablesError(ValueError):
    """The text is not a table of facts; names the place."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelKeys(_Table):
    """Node labels by what they tell; the first key that is present decides."""

    chip: tuple[str, ...]
    server: tuple[str, ...]
    accelerator: tuple[str, ...]
    driver: tuple[str, ...]
    present: tuple[str, ...]

    @cached_property
    def every(self) -> tuple[str, ...]:
        return (*self.chip, *self.server, *self.accelerator, *self.driver, *self.present)


class Counts(_Table):
    """Numbers of NPUs that one pod can be granted."""

    allowed: tuple[int, ...] | None = None
    max: int | None = None

    def permit(self, count: int) -> bool:
        return count in self.allowed if self.allowed is not None else count <= (self.max or count)


class Chip(_Table):
    """A chip family and the words that stand for it."""

    id: str
    tokens: tuple[str, ...]
    """In runtime names."""
    deduced: tuple[str, ...] = ()
    """Those of the tokens that no document explains: they make no node Incompatible."""
    names: tuple[Text, ...]
    """Values of the chip label."""
    servers: tuple[str, ...]
    accelerators: tuple[str, ...]
    resources: tuple[str, ...]
    """Extended resources; the usual one first."""
    counts: Counts


class Unnamed(_Table):
    """The chip of CANN runtimes whose name has no chip token."""

    chip: str
    architecture: Literal["arm64", "amd64"]
    """Other architectures tell nothing."""
    stated: tuple[Text, ...]
    """CANN versions for which a document says so; for others it is deduced."""


class DriverRow(_Table):
    """The oldest CANN that a driver still serves."""

    version: Text
    oldest_cann: Text
    status: Literal["sourced", "inferred"]


class CannRow(_Table):
    """The oldest driver for a CANN release and what that rests on."""

    version: Text
    aliases: tuple[Text, ...] = ()
    driver: Text
    basis: Literal["official", "vendor", "metadata", "paired"]
    verified: Text | None = None
    good: tuple[Text, ...] = ()
    bad: tuple[Text, ...] = ()


class Tables(_Table):
    """All facts."""

    labels: LabelKeys
    chips: tuple[Chip, ...]
    unnamed: Unnamed
    drivers: tuple[DriverRow, ...]
    cann: tuple[CannRow, ...]

    @cached_property
    def by_id(self) -> dict[str, Chip]:
        return {chip.id: chip for chip in self.chips}

    @cached_property
    def resources(self) -> dict[str, frozenset[str]]:
        """Chip ids by extended resource; most names are shared by several families."""
        names = {name for chip in self.chips for name in chip.resources}
        return {name: frozenset(c.id for c in self.chips if name in c.resources) for name in names}

    def families(self, resource: str) -> frozenset[str] | None:
        """Chip ids of a resource, of whole NPUs or of a part such as `huawei.com/Ascend310P-2c`; None for others."""
        whole = self.resources.get(resource)
        return whole if whole is not None else self.resources.get(_PART_OF_NPU.sub("", resource))

    def is_part(self, resource: str) -> bool:
        """Whether it is a static slice of an NPU; a pod gets exactly one of those."""
        return resource not in self.resources and self.families(resource) is not None

    def of_token(self, token: str) -> Chip | None:
        """The family that a runtime name's chip token means."""
        return next((chip for chip in self.chips if token in chip.tokens), None)


def load(text: str) -> Tables:
    """Raises TablesError."""
    try:
        return Tables.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise TablesError(f"the table of node facts cannot be read: {error}") from error
