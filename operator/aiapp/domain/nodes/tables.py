"""The facts about chips, servers, labels, drivers and CANN releases, as data loaded from text. Holds no fact itself."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

_PART_OF_NPU: Final = re.compile(r"-\d+c(?:\.[0-9a-z.]+)?$", re.ASCII)
"""Cores, then CPUs, memory and decoders: `-10c.4cpu.16g.dvpp`."""
_SHARE_OF_NPU: Final = re.compile(r"-(?:memory|core)$", re.ASCII)
"""HAMi: a part of an NPU's memory (MiB) or cores (percent), asked for beside the NPU itself."""

Text = Annotated[str, BeforeValidator(str)]
"""YAML reads `24.1` as a number; versions are text."""
Labels = Annotated[tuple[str, ...], Field(max_length=64)]


class TablesError(ValueError):
    """The text is not a table of facts; names the place."""


class Table(BaseModel):
    """A frozen part of the tables; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelKeys(Table):
    """Node labels by the fact that they hold; the first key that is present decides."""

    chip: Labels = ()
    server: Labels = ()
    accelerator: Labels = ()
    driver: Labels = ()
    """The driver, or `<firmware>-<driver>`."""
    memory: Labels = ()
    product: Labels = ()
    present: Labels = ()

    @cached_property
    def every(self) -> tuple[str, ...]:
        """Those that placement can use."""
        return (*self.chip, *self.server, *self.accelerator, *self.driver, *self.memory, *self.present)


class Signs(Table):
    """How names begin that are those of NPUs, in any case, although no family lists them."""

    resources: tuple[str, ...] = ()
    accelerators: tuple[str, ...] = ()
    """Values of the accelerator label."""


class Counts(Table):
    """Numbers of NPUs that one pod can be granted."""

    allowed: tuple[int, ...] | None = None
    max: int | None = None

    def permit(self, count: int) -> bool:
        return count in self.allowed if self.allowed is not None else count <= (self.max or count)

    @override
    def __str__(self) -> str:
        return ", ".join(map(str, self.allowed)) if self.allowed is not None else f"up to {self.max or 'all'}"


class Server(Table):
    """A kind of server or card, as the server label names it."""

    name: str
    npus: int | None = None
    """NPUs of one, where that distinguishes it."""
    counts: Counts | None = None
    """Where it is narrower than its family's."""
    policy: str | None = None
    """Value of the annotation by which Volcano chooses how NPUs are grouped."""


class Chip(Table):
    """A chip family and the words that stand for it."""

    id: str
    tokens: tuple[str, ...] = ()
    """In runtime names."""
    deduced: tuple[str, ...] = ()
    """Those of the tokens that no document explains: they make no node Incompatible."""
    names: tuple[Text, ...] = ()
    """Values of the chip label."""
    servers: tuple[Server, ...] = ()
    """The usual one first."""
    accelerators: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    """Extended resources; the usual one first."""
    counts: Counts = Counts()
    memory: dict[Text, Annotated[int, Field(ge=1)]] = {}
    """GiB of one NPU, by its name, for names with one size only."""
    ring: str | None = None
    """Value of the pod label `ring-controller.atlas`."""
    own_drivers: bool = False
    """Its drivers have version lines of their own: the general numbers of drivers refuse none of them."""
    driver_paths: tuple[str, ...] = ()
    """Where it needs others than most."""

    def server(self, name: str | None) -> Server | None:
        return next((server for server in self.servers if server.name == name), None)

    def counts_of(self, server: str | None) -> Counts:
        """Of the server where it has numbers of its own."""
        known = self.server(server)
        return known.counts if known is not None and known.counts is not None else self.counts


class Unnamed(Table):
    """The chip of CANN runtimes whose name has no chip token."""

    chip: str
    architecture: Literal["arm64", "amd64"]
    """On other architectures the chip is unknown."""
    stated: tuple[Text, ...]
    """CANN versions for which a document says so; for others it is deduced."""


class DriverRow(Table):
    """The oldest CANN that a driver still serves."""

    version: Text
    oldest_cann: Text
    status: Literal["sourced", "inferred"] = "sourced"


class CannRow(Table):
    """The oldest driver for a CANN release and what that rests on."""

    version: Text
    aliases: tuple[Text, ...] = ()
    deduced: tuple[Text, ...] = ()
    """Other names by deduction: they make no node Incompatible."""
    driver: Text
    basis: Literal["official", "vendor", "metadata", "paired"]
    family_drivers: dict[str, Text] = {}
    """Oldest driver for one chip family, by an official document."""
    verified: Text | None = None
    good: tuple[Text, ...] = ()
    bad: tuple[Text, ...] = ()
    family_good: dict[str, tuple[Text, ...]] = {}
    """Drivers of one chip family that the release names as supported."""


Model = TypeVar("Model", bound=Table)


class Tables(Table):
    """All facts."""

    labels: LabelKeys
    signs: Signs = Signs()
    driver_paths: tuple[str, ...] = ()
    """Files and folders of a node that a container needs of the driver, where no container runtime mounts them."""
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

    def paths_of_driver(self, chips: Iterable[Chip]) -> tuple[str, ...]:
        """What containers on nodes with these chips need of the driver; a folder stands for what lies in it."""
        found = dict.fromkeys(path for chip in chips for path in chip.driver_paths or self.driver_paths)
        every = tuple(found or self.driver_paths)
        return tuple(path for path in every if not any(path.startswith(f"{other}/") for other in every))

    def families(self, resource: str) -> frozenset[str] | None:
        """Chip ids of a resource: of whole NPUs, of a slice such as `huawei.com/Ascend310P-2c`, or of a share such as
        `huawei.com/Ascend910B3-memory`; None for others.
        """
        whole = self.resources.get(resource)
        return whole if whole is not None else self.resources.get(_SHARE_OF_NPU.sub("", _PART_OF_NPU.sub("", resource)))

    def is_part(self, resource: str) -> bool:
        """Whether it is a static slice of an NPU; a pod gets exactly one of those."""
        return _PART_OF_NPU.search(resource) is not None and self.families(resource) is not None

    def is_share(self, resource: str) -> bool:
        """Whether it counts memory or cores of NPUs, not NPUs."""
        return _SHARE_OF_NPU.search(resource) is not None and self.families(resource) is not None

    def is_unlisted_npu(self, resource: str) -> bool:
        """Whether its name is that of an NPU, of whatever family."""
        return self.families(resource) is None and _begins(resource, self.signs.resources)

    def is_unlisted_accelerator(self, value: str) -> bool:
        """Whether a value of the accelerator label means an NPU, of whatever family."""
        return _begins(value, self.signs.accelerators)

    def names_chip(self, model: str) -> bool:
        """Whether some family has this chip name."""
        return any(model in chip.names for chip in self.chips)

    def of_token(self, token: str) -> Chip | None:
        """The family that a runtime name's chip token means."""
        return next((chip for chip in self.chips if token in chip.tokens), None)


def _begins(name: str, prefixes: tuple[str, ...]) -> bool:
    return name.casefold().startswith(tuple(prefix.casefold() for prefix in prefixes))


def load(text: str) -> Tables:
    """Raises TablesError."""
    return validated(Tables, read(text))


def read(text: str) -> Any:
    """The YAML as it is. Raises TablesError."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise TablesError(f"not YAML: {error}".replace("\n", " ")) from error


def validated(model: type[Model], found: Any) -> Model:
    """Raises TablesError, which names each place at fault."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, e['loc'])) or 'it'}: {_fault(model, e)}" for e in error.errors(include_url=False)
        ]
        raise TablesError("; ".join(faults[:3])) from error


def _fault(model: type[Table], error: ErrorDetails) -> str:
    """What is wrong at a place, as a sentence."""
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            *parents, name = error["loc"]
            similar = get_close_matches(str(name), _keys(model, parents), n=1)
            return f"unknown key: did you mean {similar[0]}?" if similar else "unknown key"
        case "model_type" | "model_attributes_type":
            return "must be a map of keys and values"
        case _:
            return error["msg"]


def _keys(model: type[Table], parents: Iterable[int | str]) -> list[str]:
    """The keys that are known at a place."""
    for name in parents:
        if isinstance(name, str) and name in model.model_fields:
            model = _table(model.model_fields[name].annotation) or model
    return list(model.model_fields)


def _table(annotation: Any) -> type[Table] | None:
    """The part of the tables that a field holds, be it in a tuple or optional."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((table for one in get_args(annotation) if (table := _table(one)) is not None), None)
