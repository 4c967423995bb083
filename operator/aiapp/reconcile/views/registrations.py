"""Which training jobs register themselves, as far as that is not settled yet. Asks the API server nothing."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiapp.api.training_job import JobState
from aiapp.controller.cache import Change
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.fair_share import to_forget
from aiapp.domain.kubernetes.resources import VERSIONS, Json, Resource
from aiapp.domain.recent import Recent
from aiapp.domain.training.kinds import JobKind, JobKinds
from aiapp.domain.training.registration import Refused, RegistrationRequest, Rule, job_uid, requested

REGISTRATION: Final = "Registration"
"""The kind of the keys that stand for a training job which registers itself."""
REMEMBERED: Final = 10_000
"""Jobs of which is known that they are settled."""
GONE: Final = 200
"""Jobs that were deleted before they were registered, of which is known how they were seen last; of more, the namespace
with most loses its oldest."""


@dataclass(slots=True)
class FollowedJob:
    """A job that is to register itself."""

    kind: JobKind
    name: str
    uid: str
    last: Json | None = None
    """The job as it was when it was deleted, having succeeded."""
    reported: Refused | None = None
    """The refusal that was reported last."""


class Registrations:
    """Followed by `TrainingJobs`, which tells it of jobs. `queue` is for keys of this kind alone."""

    def __init__(self, rules: Sequence[Rule], kinds: JobKinds, queue: WorkQueue) -> None:
        self.queue = queue
        self._rules = rules
        self._kinds = kinds
        self._followed: OrderedDict[Key, FollowedJob] = OrderedDict()
        self._settled: Recent[str, None] = Recent(REMEMBERED)
        self._registered: Recent[str, None] = Recent(REMEMBERED)
        self.is_working = False
        """Whether this replica is the one that works."""

    def requested(self, job: Json, kind: JobKind) -> RegistrationRequest | Refused | None:
        """What the rules say of a job. The jobs of a job are registered by that, not on their own."""
        owners = job["metadata"].get("ownerReferences") or ()
        is_part = any(self._is_job(one) for one in owners if one.get("controller"))
        return None if is_part else requested(self._rules, job, kind)

    def wants(self, job: Json, kind: JobKind) -> bool:
        """Whether a job is to register itself and has not yet."""
        return job["metadata"]["uid"] not in self._settled and self.requested(job, kind) is not None

    def seen(self, job: Json, kind: JobKind, state: JobState) -> None:
        """A job that is wanted came or changed."""
        if state == "Failed":
            self._followed.pop(_key(job, kind), None)
            return
        self._follow(job, kind)

    def gone(self, job: Json, kind: JobKind, state: JobState) -> None:
        """One was deleted: this is how it was then."""
        if state != "Succeeded" or _of(job, job["metadata"]["uid"]) in self._registered:
            self._followed.pop(_key(job, kind), None)
            return
        self._follow(job, kind).last = job
        waiting = [(key, key.namespace) for key, one in self._followed.items() if one.last is not None]
        if len(waiting) > GONE:
            del self._followed[to_forget(waiting)]

    def changed(self, change: Change) -> None:
        """A listener of the cache: a job that is gone and was registered, also by another replica, is settled."""
        if change.resource == VERSIONS and (uid := job_uid(change.object)) is not None:
            self._registered.put(_of(change.object, uid), None)
            namespace = change.object["metadata"].get("namespace", "")
            for key in [key for key, one in self._followed.items() if one.uid == uid and one.last is not None]:
                if key.namespace == namespace:
                    del self._followed[key]

    def followed(self, key: Key) -> FollowedJob | None:
        """The job behind a key, as long as it is followed."""
        return self._followed.get(key)

    def drop(self, key: Key) -> None:
        """The job asks for nothing any more, and may again."""
        self._followed.pop(key, None)

    def settle(self, key: Key) -> None:
        """Nothing more is to be done for that job."""
        found = self._followed.pop(key, None)
        if found is not None:
            self._settled.put(found.uid, None)

    def listed(self, resource: Resource) -> None:
        """All jobs of that kind were told: those that are followed and were not among them may be gone."""
        if self.is_working:
            for key in [key for key, one in self._followed.items() if one.kind.resource == resource]:
                self.queue.add(key)

    def recorded_env(self, job: Json, kind: JobKind) -> set[str]:
        """The variables of a job whose values its version is to keep."""
        answer = self.requested(job, kind)
        return set(map(str, answer.source.get("recordedEnv", ()))) if isinstance(answer, RegistrationRequest) else set()

    def begin(self) -> None:
        """The replica works from now on: everything that is followed is looked at."""
        self.is_working = True
        for key in self._followed:
            self.queue.add(key)

    def end(self) -> None:
        """The replica works no longer: another one may, and looks at everything anew."""
        self.is_working = False
        self.queue.clear()

    def _follow(self, job: Json, kind: JobKind) -> FollowedJob:
        key = _key(job, kind)
        metadata = job["metadata"]
        found = self._followed.setdefault(key, FollowedJob(kind, metadata["name"], metadata["uid"]))
        if self.is_working:
            self.queue.add(key)
        return found

    def _is_job(self, owner: Json) -> bool:
        return not isinstance(self._kinds.find(str(owner.get("apiVersion")), str(owner.get("kind"))), str)


def _of(obj: Json, uid: str) -> str:
    """A job in the namespace of an object. Anybody may write the uid of another namespace's job on a version."""
    return f"{obj['metadata'].get('namespace', '')}/{uid}"


def _key(job: Json, kind: JobKind) -> Key:
    metadata = job["metadata"]
    return Key(REGISTRATION, metadata.get("namespace", ""), f"{kind.name}/{metadata['name']}/{metadata['uid']}")
