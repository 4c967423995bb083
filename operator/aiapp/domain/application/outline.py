"""What an application says of each of its versions, served or not: little of each, for there may be thousands."""

from dataclasses import dataclass
from typing import Self

from packaging.version import Version

from aiapp.api.application_status import VersionSummary
from aiapp.api.conditions import ConditionType
from aiapp.domain.records import VersionRecord


@dataclass(frozen=True, slots=True)
class VersionOutline:
    """What is kept in memory of a version that nothing is to be decided about."""

    number: Version
    is_ready: bool
    summary: VersionSummary
    """As the version alone makes it: without traffic and rollouts."""

    @classmethod
    def of(cls, record: VersionRecord) -> Self:
        """Holds nothing of the record but single values, so that it can go."""
        status = record.status
        summary = VersionSummary(
            version=record.spec.version,
            phase=status.phase or "Importing",
            created=record.created,
            source_type=status.source.type if status.source else None,
            bytes=record.package.bytes if record.package else None,
            runtime=status.runtime.name if status.runtime else None,
            verdict=status.compatibility.verdict if status.compatibility else None,
        )
        return cls(record.number, record.is_true(ConditionType.READY), summary)
