"""What an application was asked to serve, as its status remembers it. Types only."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from aiapp.api.meta import ATOMIC, ApiModel
from aiapp.api.version import VersionString

KEPT_CONFIGURATIONS: Final = 10
LONGEST_SERVING: Final = 8192
"""Characters of a configuration that is kept whole."""

Outcome = Literal["Progressing", "Succeeded", "Failed", "RolledBack", "Superseded"]


class ServedThen(ApiModel):
    """One version of a served configuration."""

    version: VersionString
    """Version number."""
    weight: Annotated[int, Field(ge=0, le=100)]
    """Percent of the traffic that it was to get."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods; absent where others said how many."""


class Configuration(ApiModel):
    """One configuration of `spec.serving`. A change of `replicas` or `stopped` alone makes no other one."""

    revision: Annotated[int, Field(ge=1)]
    """Grows by one with each; `aiapp rollback NAME --to REVISION` goes back to it."""
    generation: Annotated[int, Field(ge=0)]
    """The application's generation when it was first seen."""
    time: datetime
    """When it was asked for."""
    manager: Annotated[str, Field(max_length=128)]
    """Who asked: the field manager that wrote `spec.serving`, for example kubectl-client-side-apply or
    argocd-controller; empty where the API server does not know."""
    outcome: Annotated[Outcome, Field(max_length=16)]
    """Progressing: being rolled out. Succeeded: all of it was ready once. Failed: it was not, for a reason that a
    person had to mend. RolledBack: a step failed, and the last good split came back. Superseded: another one was asked
    for before."""
    versions: Annotated[tuple[ServedThen, ...], Field(max_length=16, json_schema_extra=ATOMIC)]
    """What it serves."""
    serving: Annotated[str, Field(max_length=LONGEST_SERVING)] | None = None
    """The whole of `spec.serving` as JSON, but for `stopped`; absent where that is longer than 8,192 characters."""
