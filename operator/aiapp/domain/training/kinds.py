"""The kinds of training jobs: where each keeps what a version needs of it. Data, which an administrator may extend."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from aiapp.domain.kubernetes.resources import Resource
from aiapp.domain.training.paths import path

parsed = lru_cache(maxsize=256)(path)
"""The path that a text of a `JobKind` states."""


def _path(text: str) -> str:
    parsed(text)
    return text


PathText = Annotated[str, AfterValidator(_path)]
Paths = tuple[PathText, ...]


class JobKindsError(ValueError):
    """The settings on training jobs break a rule; the text names the kind."""


class JobKind(BaseModel):
    """A kind of training job. Paths as in `domain/training/paths.py`; of several the first that finds something counts.

    A job is Suspended, Succeeded or Failed where one of those paths finds something, whose `reason` and `message` are
    the job's own words; else it runs once it has a start, and is pending before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    group: str
    plural: str
    version: str
    kind: str
    succeeded: Paths
    failed: Paths
    suspended: Paths = ()
    started: Paths = ("status.startTime",)
    finished: Paths = ("status.completionTime",)
    running: Paths = ()
    """What holds the reason and message of a job that runs."""
    retries: Paths = ()
    """Numbers, whose sum is how often a part of it was tried again."""
    metrics: Paths = ()
    """Metrics of the model: things with `name` and `value`, or maps of numbers by name."""
    containers: Paths = ("spec.template.spec.containers.*",)
    """What holds `image`, `command`, `args` and `env`."""
    service_accounts: Paths = ("spec.template.spec.serviceAccountName",)
    """Names of the ServiceAccounts of its pods, where they are not `default`."""
    pod_label: str = ""
    """The label of its pods whose value is the job's name."""
    owns_pods: bool = True
    """Whether it owns its pods itself; else something that it owns does, and the label has to do."""

    @property
    def name(self) -> str:
        """As a CRD of it is named."""
        return f"{self.plural}.{self.group}"

    @property
    def api_version(self) -> str:
        """The value of `apiVersion` in its objects."""
        return self.resource.api_version

    @property
    def resource(self) -> Resource:
        return Resource(self.group, self.version, self.plural, self.kind, is_custom=True)


def _true(type_: str) -> str:
    return f"status.conditions[type={type_},status=True]"


def _kubeflow(plural: str, kind: str, replicas: str, version: str = "v1", *, owns_pods: bool = True) -> JobKind:
    return JobKind(
        group="kubeflow.org",
        plural=plural,
        version=version,
        kind=kind,
        succeeded=(_true("Succeeded"),),
        failed=(_true("Failed"),),
        suspended=(_true("Suspended"),),
        finished=("status.completionTime", f"{_true('Failed')}.lastTransitionTime"),
        running=(_true("Restarting"), _true("Running")),
        retries=("status.replicaStatuses.*.failed",),
        containers=(f"spec.{replicas}.*.template.spec.containers.*",),
        service_accounts=(f"spec.{replicas}.*.template.spec.serviceAccountName",),
        pod_label="training.kubeflow.org/job-name",
        owns_pods=owns_pods,
    )


BUILT_IN: Final = (
    JobKind(
        group="batch",
        plural="jobs",
        version="v1",
        kind="Job",
        succeeded=(_true("Complete"),),
        failed=(_true("Failed"),),
        suspended=(_true("Suspended"),),
        finished=("status.completionTime", f"{_true('Failed')}.lastTransitionTime"),
        retries=("status.failed",),
        pod_label="batch.kubernetes.io/job-name",
    ),
    JobKind(
        group="batch.volcano.sh",
        plural="jobs",
        version="v1alpha1",
        kind="Job",
        succeeded=("status.state[phase=Completed]",),
        failed=("status.state[phase=Failed]", "status.state[phase=Terminated]"),
        suspended=("status.state[phase=Aborted]",),
        started=("status.conditions[status=Running].lastTransitionTime",),
        finished=("status.state.lastTransitionTime",),
        running=("status.state",),
        retries=("status.retryCount",),
        containers=("spec.tasks.*.template.spec.containers.*",),
        service_accounts=("spec.tasks.*.template.spec.serviceAccountName",),
        pod_label="volcano.sh/job-name",
    ),
    _kubeflow("pytorchjobs", "PyTorchJob", "pytorchReplicaSpecs"),
    _kubeflow("tfjobs", "TFJob", "tfReplicaSpecs"),
    # Its launcher's pod is owned by a Job of its own.
    _kubeflow("mpijobs", "MPIJob", "mpiReplicaSpecs", "v2beta1", owns_pods=False),
    JobKind(
        group="trainer.kubeflow.org",
        plural="trainjobs",
        version="v1alpha1",
        kind="TrainJob",
        succeeded=(_true("Complete"),),
        failed=(_true("Failed"),),
        suspended=(_true("Suspended"),),
        started=("metadata.creationTimestamp",),
        finished=(f"{_true('Complete')}.lastTransitionTime", f"{_true('Failed')}.lastTransitionTime"),
        metrics=("status.trainerStatus.metrics.*",),
        containers=("spec.trainer",),
        service_accounts=(
            "spec.podTemplateOverrides.*.spec.serviceAccountName",
            "spec.podSpecOverrides.*.serviceAccountName",
        ),
        pod_label="jobset.sigs.k8s.io/jobset-name",
        owns_pods=False,
    ),
)
"""The kinds that need no mapping. A TrainJob has neither pods nor times of its own: what it has of them is its
trainer, its creation and its conditions."""
_BY_NAME: Final = {kind.name: kind for kind in BUILT_IN}


@dataclass(frozen=True, slots=True)
class JobKinds:
    """The kinds that the operator reads."""

    kinds: tuple[JobKind, ...]

    def find(self, api_version: str | None, kind: str) -> JobKind | str:
        """The kind, whatever its version; or why there is none: what is read, and what would have to be."""
        group = None if api_version is None else api_version.rpartition("/")[0]
        found = _first(self.kinds, group, kind)
        return found if found is not None else self._unknown(group, kind)

    def _unknown(self, group: str | None, kind: str) -> str:
        named = f"{kind} of {group}" if group else kind
        known = _first(BUILT_IN, group, kind)
        remedy = (
            f"an administrator adds {known.name} to AIAPP_TRAINING_JOB_KINDS"
            if known
            else "an administrator maps the kind (AIAPP_TRAINING_JOB_MAPPINGS)"
        )
        read = ", ".join(one.name for one in self.kinds) or "none"
        return f"the operator does not read training jobs of the kind {named} (it reads {read}): {remedy}"


def job_kinds(names: Iterable[str], mappings: Mapping[str, Mapping[str, Any]]) -> JobKinds:
    """The kinds of these names (`plural.group`), and those that are mapped; a mapping of a built-in kind changes it.

    Raises `JobKindsError`.
    """
    return JobKinds(tuple(_kind(name, mappings.get(name, {})) for name in dict.fromkeys((*names, *mappings))))


def _kind(name: str, mapping: Mapping[str, Any]) -> JobKind:
    plural, _, group = name.partition(".")
    built_in = _BY_NAME.get(name)
    if built_in is None and not mapping:
        known = ", ".join(_BY_NAME)
        raise JobKindsError(f"AIAPP_TRAINING_JOB_KINDS: {name} needs a mapping: only {known} are known without one")
    before = {} if built_in is None else built_in.model_dump(by_alias=True)
    try:
        return JobKind.model_validate(before | {"plural": plural, "group": group} | dict(mapping))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise JobKindsError(
            f"AIAPP_TRAINING_JOB_MAPPINGS: {name}, {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        ) from None


def _first(kinds: Iterable[JobKind], group: str | None, kind: str) -> JobKind | None:
    return next((one for one in kinds if one.kind == kind and group in {None, one.group}), None)
