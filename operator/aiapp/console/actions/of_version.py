"""What may be done with a version."""

from collections.abc import Iterator
from typing import Final

from aiapp.console.actions.shared import DELETE, DESCRIBE
from aiapp.console.actions.submission import Action
from aiapp.domain.details.version import VersionDetails
from aiapp.domain.kubernetes.resources import VERSIONS

ACTIONS: Final = (
    Action("describe", VERSIONS, "patch", DESCRIBE.carry_out, DESCRIBE.command, asks=True),
    Action("delete", VERSIONS, "delete", DELETE.carry_out, DELETE.command, danger=True),
)


def fitting(details: VersionDetails) -> Iterator[Action]:
    """Those that do something to a version as it is: one that is served stays."""
    return (one for one in ACTIONS if one.name != "delete" or not details.services)
