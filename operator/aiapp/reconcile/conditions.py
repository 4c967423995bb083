"""Findings to conditions as they are written. Shared by the reconcilers of all kinds."""

from collections.abc import Iterable
from typing import Final

from aiapp.domain.conditions import Finding
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable

LONGEST_MESSAGE: Final = 32768
"""Characters that the schema of a condition takes."""


def conditions(findings: Iterable[Finding], generation: int) -> list[Json]:
    """Conditions without times, as `Cluster.write_status` takes them."""
    return [
        {
            "type": finding.type.value,
            "status": finding.state.value,
            "reason": finding.reason.value,
            "message": printable(finding.message, LONGEST_MESSAGE),
            "observedGeneration": generation,
        }
        for finding in findings
    ]
