"""What the pods of training jobs ran, noted while they are there: both may go the moment the job has ended.

Nothing is kept of pods but with the jobs of `TrainingJobs`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.kubernetes.trimming import trimmed_training_pod
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.training.kinds import JobKind, JobKinds
from aiapp.reconcile.views.training_jobs import TrainingJobs


@dataclass(frozen=True, slots=True)
class TrainingPods:
    """A sink for a watch on the pods that bear one label."""

    label: str
    """Its value is the name of the pod's job."""
    kinds: tuple[JobKind, ...]
    """Whose pods bear it."""
    jobs: TrainingJobs
    nodes: Callable[[], Sequence[NodeFacts]]

    def trim(self, pod: Json) -> Json | None:
        """What says what ran and where, if it is of a job that is followed."""
        return trimmed_training_pod(pod, self.label) if any(self._jobs(pod)) else None

    # Of the watch

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing."""
        for pod in documents:
            self.put(resource, pod)

    def put(self, resource: Resource, document: Json) -> None:  # noqa: ARG002
        """A pod as it is."""
        jobs = list(self._jobs(document))
        nodes = {node.name: node for node in self.nodes()} if jobs else {}
        for kind, uid in jobs:
            self.jobs.ran(uid, kind, document, nodes)

    def remove(self, resource: Resource, document: Json) -> None:
        """As it was when it went."""
        self.put(resource, document)

    def _jobs(self, pod: Json) -> Iterator[tuple[JobKind, str]]:
        """The jobs that are followed and that may be its own: `with_pods` knows whether they are."""
        metadata = pod["metadata"]
        name = str((metadata.get("labels") or {}).get(self.label))
        for kind in self.kinds:
            for uid in self.jobs.followed(metadata.get("namespace", ""), kind, name):
                yield kind, uid


def by_label(kinds: JobKinds) -> dict[str, tuple[JobKind, ...]]:
    """The labels that pods of these kinds bear."""
    labels = dict.fromkeys(kind.pod_label for kind in kinds.kinds if kind.pod_label)
    return {label: tuple(kind for kind in kinds.kinds if kind.pod_label == label) for label in labels}
