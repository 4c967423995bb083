"""Registers training jobs as versions once they have succeeded, and says in Events on the job what became of it.

A job is looked at from the moment it is seen, since its pods, which say what really ran, may go together with it.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.naming import pinned_versions
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.training.consent import MOST, access_review, forbidden, is_allowed, service_accounts
from aiapp.domain.training.facts import JobFacts, JobReading, facts
from aiapp.domain.training.kinds import JobKind
from aiapp.domain.training.registration import Refused, Registered, Registration, RegistrationRequest, registration
from aiapp.domain.training.registration_record import record_name, registration_record
from aiapp.ports.kubernetes import ApiError, Cluster, ConflictError, Recorder
from aiapp.reconcile.refusals import refusal
from aiapp.reconcile.training_runs import TrainingRuns
from aiapp.reconcile.views.registrations import FollowedJob, Registrations

ATTEMPTS: Final = 5
"""How often another number is tried in one attempt, when others take them at the same moment."""
AT_ONCE: Final = 2
"""Jobs that are registered at the same time."""


class RegistrationObserver(Protocol):
    """Counts what becomes of jobs, for metrics."""

    def registered(self, reason: Reason) -> None:
        """A job was registered (`Registered`), or is not for that reason; each is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPorts:
    """What the reconciler works with."""

    store: Cache[NodeFacts]
    cluster: Cluster
    recorder: Recorder
    jobs: Registrations
    runs: TrainingRuns
    reading: JobReading
    before: Callable[[Json, JobFacts], Awaitable[None]]
    """Is called with each version before it is created, and the job that it is made of."""
    observer: RegistrationObserver


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to register a job."""

    key: Key
    followed: FollowedJob
    job: Json
    facts: JobFacts

    @property
    def kind(self) -> JobKind:
        return self.followed.kind


class RegistrationReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: RegistrationPorts) -> None:
        self._ports = ports

    async def __call__(self, key: Key) -> Outcome:
        followed = self._ports.jobs.followed(key)
        if followed is None:
            return Outcome()
        job = await self._job(key, followed)
        if job is None or self._is_on_record(key, followed):
            self._ports.jobs.settle(key)
            return Outcome()
        answer = self._ports.jobs.requested(job, followed.kind)
        if answer is None:
            self._ports.jobs.drop(key)
            return Outcome()
        attempt = _Attempt(key, followed, job, facts(job, followed.kind, self._ports.reading))
        try:
            return await self._looked_at(attempt, answer)
        except ApiError as error:
            if (trouble := refusal(error, f"what registers {followed.kind.kind} {followed.name}")) is None:
                raise
            return self._refuse(attempt, Refused(trouble.reason, trouble.message))

    async def _job(self, key: Key, followed: FollowedJob) -> Json | None:
        """As it is now, or was when it was deleted."""
        live = await self._ports.cluster.get(followed.kind.resource, key.namespace, followed.name)
        return live if live is not None and live["metadata"]["uid"] == followed.uid else followed.last

    def _is_on_record(self, key: Key, followed: FollowedJob) -> bool:
        return self._ports.store.get(CONFIG_MAPS, key.namespace, record_name(followed.uid)) is not None

    async def _looked_at(self, attempt: _Attempt, answer: RegistrationRequest | Refused) -> Outcome:
        has_succeeded = attempt.facts.state == "Succeeded"
        if not has_succeeded:
            await self._ports.runs.observe(attempt.job, attempt.kind, attempt.key.namespace)
        if isinstance(answer, Refused):
            return self._refuse(attempt, answer)
        decided = await self._decided(attempt, answer)
        if isinstance(decided, Refused):
            return self._refuse(attempt, decided)
        return await self._carry_out(attempt, answer, decided) if has_succeeded else Outcome()

    async def _decided(self, attempt: _Attempt, wanted: RegistrationRequest) -> Registration | Registered | Refused:
        namespace = attempt.key.namespace
        known = self._ports.store.versions(namespace, wanted.application)
        decided = registration(wanted, attempt.job, attempt.kind, attempt.facts, known, self._pinned(namespace))
        if isinstance(decided, Registration) and wanted.by_consent:
            accounts = service_accounts(attempt.job, attempt.kind)
            if without := await self._without_right(namespace, accounts):
                return forbidden(namespace, without)
        return decided

    def _pinned(self, namespace: str) -> Iterator[str]:
        for one in self._ports.store.config_maps(namespace):
            yield from pinned_versions(one["metadata"].get("labels") or {})

    async def _without_right(self, namespace: str, accounts: Sequence[str]) -> list[str]:
        reviews = [(one, await self._ports.cluster.review(access_review(namespace, one))) for one in accounts[:MOST]]
        return [*(one for one, answer in reviews if not is_allowed(answer)), *accounts[MOST:]]

    def _refuse(self, attempt: _Attempt, refused: Refused) -> Outcome:
        """It is tried again as long as there is the job: who mends the cause need not touch the job."""
        self._ports.recorder.event(attempt.job, "Warning", refused.reason, refused.message)
        if attempt.followed.reported != refused:
            self._ports.observer.registered(refused.reason)
            attempt.followed.reported = refused
        if attempt.followed.last is not None:
            self._ports.jobs.settle(attempt.key)
            return Outcome()
        return Outcome(failed=True)

    async def _carry_out(
        self, attempt: _Attempt, wanted: RegistrationRequest, decided: Registration | Registered
    ) -> Outcome:
        """Until it is registered; who takes the number meanwhile is seen, and the next one is tried."""
        now: Registration | Registered | Refused = decided
        for _ in range(ATTEMPTS):
            match now:
                case Registered():
                    await self._put_on_record(attempt, now)
                    return Outcome()
                case Refused():
                    return self._refuse(attempt, now)
                case Registration():
                    await self._ports.before(now.version, attempt.facts)
                    await self._create(attempt.job, now)
            now = await self._decided(attempt, wanted)
        raise ConflictError(
            409, "Conflict", f"others kept taking the numbers that {attempt.facts.name} was to register"
        )

    async def _create(self, job: Json, wanted: Registration) -> None:
        """Makes application and version, and tells; where the name is taken, the cache knows by whom afterwards."""
        metadata = wanted.version["metadata"]
        if wanted.application is not None:
            await self._ports.cluster.create(wanted.application)
        if not await self._ports.cluster.create(wanted.version):
            await self._ports.cluster.get(VERSIONS, metadata["namespace"], metadata["name"])
            return
        message = f"registered as AIApplicationVersion {metadata['name']}"
        self._ports.recorder.event(job, "Normal", Reason.REGISTERED, message)
        self._ports.observer.registered(Reason.REGISTERED)

    async def _put_on_record(self, attempt: _Attempt, registered: Registered) -> None:
        """A job that is gone cannot come again, and owns nothing."""
        if attempt.followed.last is None:
            await self._ports.cluster.create(registration_record(attempt.job, registered.name))
        self._ports.jobs.settle(attempt.key)
