"""Reconciles an AIApplicationVersion: import once, resolve its runtime once, judge the nodes again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.catalogue import Resolution, Resolved, resolve, resolved_status
from aiapp.domain.credentials import Credentials, CredentialsError, credentials
from aiapp.domain.desired.manifest import manifest_object
from aiapp.domain.naming import application_labels
from aiapp.domain.nodes.compatibility import Fleet, Verdict, requirement, verdict
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.domain.planning.records import VersionRecord
from aiapp.domain.planning.version import (
    Imported,
    Report,
    first_sight,
    imported,
    is_pinned,
    known_listing,
    remembered,
    report,
)
from aiapp.domain.resources import VERSIONS
from aiapp.domain.summary import State
from aiapp.ports import Cluster, ObjectStore, PythonParser, Recorder
from aiapp.reconcile.catalogue import Catalogue
from aiapp.reconcile.importing import inspect
from aiapp.reconcile.loop import Outcome
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.queue import Key
from aiapp.reconcile.reporting import conditions, tell_change
from aiapp.reconcile.store import Store

COUNTS_SECONDS: Final = 300.0
"""A change of mere counts of nodes is written at most this often; a change of the verdict at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPorts:
    """What the reconciler of versions works with."""

    store: Store[Fleet]
    cluster: Cluster
    manifests: Manifests
    recorder: Recorder
    objects: ObjectStore
    parser: PythonParser
    catalogue: Catalogue
    clock: Callable[[], float]
    """Monotonic seconds."""


class VersionReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: VersionPorts) -> None:
        self._ports = ports
        self._counted: dict[str, float] = {}

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(VERSIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return Outcome()
        record = VersionRecord.parse(raw)
        if not record.status.conditions:
            await self._begin(record)
        known = await self._import(record)
        said = self._report(record, known)
        wait = self._damping(record, said)
        if wait is None:
            await self._write(record, said)
            tell_change(self._ports.recorder, record.raw, record.status.conditions, said.ready)
        stuck = not all(f.state is State.TRUE for f in known.findings)
        return Outcome(retry_after=wait, failed=stuck)
