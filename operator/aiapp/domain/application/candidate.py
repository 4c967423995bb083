"""A served version that is Normal, and what its template would be rendered from. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aiapp.api.artifact import Artifact
from aiapp.api.container import Container
from aiapp.api.meta import Resources
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.serving import ServedVersion
from aiapp.api.source import ExeMLSource, SourceVariant
from aiapp.domain.application.serving_compatibility import ServingCompatibility
from aiapp.domain.exeml.access import TicketAccess
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.limits import UNBOUNDED, Bounds
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.dependencies import DEFAULT_PIP, Pip


class Images(NamedTuple):
    """The runtime's image in the last template and in the catalogue."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is Normal, and what is known of it whatever becomes of it."""

    served: ServedVersion
    record: VersionRecord
    artifact: Artifact
    """What its pods fetch or run."""
    source: SourceVariant
    """Where they fetch it from."""
    key: str
    """Finds the stored template."""
    compatibility: ServingCompatibility
    """Where it could run now."""
    images: Images | None
    """The runtime's image of the last template and of now, where they differ."""

    @property
    def brings_server(self) -> bool:
        """Whether another server than the platform's model server serves it."""
        status = self.record.status
        return status.image is not None or (status.runtime is not None and status.runtime.protocol is not None)

    @property
    def is_exeml(self) -> bool:
        """Whether it is a model of ExeML: its pods get it by tickets, and nothing of a user's beside it."""
        return isinstance(self.source, ExeMLSource)

    @property
    def container(self) -> Container:
        """What the version says of it; where it says nothing, an empty one."""
        return self.record.spec.container or Container()

    @property
    def resources(self) -> Resources | None:
        """The application's, else the version's."""
        return self.served.resources or self.container.resources


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """What a new template is rendered from beside the specs."""

    runtimes: Mapping[str, RuntimeSpec]
    inventory: NodeInventory
    tables: Tables
    fetcher: Fetcher
    pip: Pip = DEFAULT_PIP
    tickets: TicketAccess | None = None
    """Where pods ask for models of ExeML; None: nowhere, at least not yet."""
    granted: Bounds = UNBOUNDED
    """What the LimitRanges of the application's namespace allow."""
    in_use: Used | None = None
    """Devices that pods hold; None: they are not counted."""
    leaving: Used = field(default_factory=dict)
    """The part of them that pods hold which are being deleted."""
