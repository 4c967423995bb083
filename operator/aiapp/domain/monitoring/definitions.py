"""Every metric that the operator exports, and every label. Never renamed; new ones may be added.

The names of the first three groups are those of controller-runtime and client-go, so that existing dashboards work.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]

QUICK_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SLOW_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0, 7200.0)


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric."""

    name: str
    """As it is scraped: of a counter with `_total`, of a histogram without `_bucket`, `_sum` and `_count`."""
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper limits of a histogram."""


LABELS: Final = {
    "architecture": "processor architecture of nodes: amd64, arm64, or unknown",
    "chip": "chip families of nodes' NPUs, joined by `|` where a node does not tell them apart; none without NPUs",
    "code": "HTTP status of the answer; `<error>` where there was none",
    "condition": "status of the condition Ready: True, False or Unknown",
    "controller": "kind that is reconciled, `Fleet` for a change of the nodes, `Drift` for a look at a store, "
    "`Registration` for a training job that registers itself",
    "host": "host and port of the API server",
    "kind": "AIApplication or AIApplicationVersion; of `aiapp_training_jobs_total` that of the job, as `plural.group`",
    "method": "HTTP method",
    "name": "the object's name; of `workqueue_*` the kind of the keys",
    "namespace": "the object's namespace",
    "phase": "`status.phase`",
    "ready": "true for nodes that are Ready and not cordoned, else false",
    "reason": "one of the [reasons](conditions.md)",
    "resource": "of `rest_client_*` the plural of the kind; of `aiapp_watch_*` what is watched; else that of the NPUs",
    "result": "how it ended",
    "runtime": "name of the InferenceRuntime",
    "status": "status of the condition",
    "type": "type of the condition",
    "verdict": "Compatible, Incompatible or Unknown",
    "version": "version number; of `aiapp_build_info` the operator's own",
}

_QUEUE: Final = ("name",)
DEPTH: Final = Definition("workqueue_depth", "gauge", "Keys that wait for a worker.", _QUEUE)
ADDS: Final = Definition("workqueue_adds_total", "counter", "Keys added.", _QUEUE)
RETRIES: Final = Definition("workqueue_retries_total", "counter", "Keys put off after a failure.", _QUEUE)
WAITED: Final = Definition(
    "workqueue_queue_duration_seconds", "histogram", "How long a key waited for a worker.", _QUEUE, QUICK_SECONDS
)
WORKED: Final = Definition(
    "workqueue_work_duration_seconds", "histogram", "How long a worker had a key.", _QUEUE, QUICK_SECONDS
)
UNFINISHED: Final = Definition(
    "workqueue_unfinished_work_seconds", "gauge", "Ages of all work in progress, added up.", _QUEUE
)
LONGEST: Final = Definition(
    "workqueue_longest_running_processor_seconds", "gauge", "Age of the oldest work in progress.", _QUEUE
)

_CONTROLLER: Final = ("controller",)
RESULTS: Final = Definition(
    "controller_runtime_reconcile_total",
    "counter",
    "Reconciles by result: success, requeue_after (it wants to look again), requeue (what the spec asks for could not "
    "be done), error.",
    ("controller", "result"),
)
ERRORS: Final = Definition(
    "controller_runtime_reconcile_errors_total", "counter", "Reconciles that ended with an error.", _CONTROLLER
)
PANICS: Final = Definition(
    "controller_runtime_reconcile_panics_total",
    "counter",
    "Reconciles that ended with an error which the operator does not know; its log has the traceback.",
    _CONTROLLER,
)
SECONDS: Final = Definition(
    "controller_runtime_reconcile_time_seconds", "histogram", "How long a reconcile took.", _CONTROLLER, QUICK_SECONDS
)
ACTIVE: Final = Definition("controller_runtime_active_workers", "gauge", "Reconciles in progress.", _CONTROLLER)
WORKERS: Final = Definition(
    "controller_runtime_max_concurrent_reconciles",
    "gauge",
    "Reconciles that may be in progress at the same time; all kinds but Drift and Registration share them.",
    _CONTROLLER,
)

ANSWERS: Final = Definition(
    "rest_client_requests_total",
    "counter",
    "Requests to the API server by answer.",
    ("code", "method", "host", "resource"),
)
LATENCY: Final = Definition(
    "rest_client_request_duration_seconds",
    "histogram",
    "How long the API server took to answer.",
    ("method", "host"),
    QUICK_SECONDS,
)

BUILD: Final = Definition("aiapp_build_info", "gauge", "Always 1; the operator's version is the label.", ("version",))
LEADER: Final = Definition(
    "leader_election_master_status", "gauge", "Whether this replica leads: 1 or 0; alone it is always 1.", ("name",)
)
SILENCE: Final = Definition(
    "aiapp_watch_silence_seconds", "gauge", "Seconds since a watch last heard from the API server.", ("resource",)
)

IMPORT_SECONDS: Final = Definition(
    "aiapp_import_duration_seconds",
    "histogram",
    "How long one look at a package took, by result: valid, invalid (the package breaks a rule), unresolved (the store "
    "did not deliver it), unchanged (it is the one that was judged before), uncopied (its image is not in "
    "the installation's registry yet), waiting (for a training job, or for its output).",
    ("result",),
    SLOW_SECONDS,
)
IMPORT_FAILURES: Final = Definition(
    "aiapp_import_failures_total", "counter", "Looks at a package that ended invalid or unresolved.", ("reason",)
)
STORE_ANSWERS: Final = Definition(
    "aiapp_store_requests_total", "counter", "Requests of the operator to object storage.", ("code", "method")
)
STORE_LATENCY: Final = Definition(
    "aiapp_store_request_duration_seconds",
    "histogram",
    "How long object storage took for a whole answer.",
    ("method",),
    QUICK_SECONDS,
)
REGISTRY_ANSWERS: Final = Definition(
    "aiapp_registry_requests_total",
    "counter",
    "Requests of the operator to image registries, and to those that give tokens for them.",
    ("code", "method"),
)
REGISTRY_LATENCY: Final = Definition(
    "aiapp_registry_request_duration_seconds",
    "histogram",
    "How long a registry took for a whole answer.",
    ("method",),
    QUICK_SECONDS,
)
TRAINING_JOBS: Final = Definition(
    "aiapp_training_jobs_total",
    "counter",
    "Training jobs that versions waited for, or that were to register themselves, by how they were seen to end: "
    "succeeded, failed, deleted (before either).",
    ("kind", "result"),
)
REGISTRATIONS: Final = Definition(
    "aiapp_training_registrations_total",
    "counter",
    "Training jobs that registered themselves as versions (reason Registered) or were refused, each refusal once.",
    ("reason",),
)
FETCHES: Final = Definition(
    "aiapp_fetches_total",
    "counter",
    "Fetches of a model by a pod's init container that ended; the reason of a success is Succeeded.",
    ("result", "reason"),
)
FETCH_SECONDS: Final = Definition(
    "aiapp_fetch_duration_seconds",
    "histogram",
    "How long successful fetches took, by the kubelet's clock.",
    buckets=SLOW_SECONDS,
)
FETCH_BYTES: Final = Definition(
    "aiapp_fetch_bytes_total", "counter", "Sizes of the packages that were fetched successfully, added up."
)
TICKETS: Final = Definition(
    "aiapp_tickets_total",
    "counter",
    "What pods got that asked for the files of an ExeML model: given, or why not: token, pod, proof, owner, "
    "version, policy, record, pin, manifest, store, form, busy, api.",
    ("result",),
)
ROLLOUTS: Final = Definition(
    "aiapp_rollouts_total",
    "counter",
    "Rollouts of a version by what became of them: started, available, timed_out (within deployTimeoutSeconds).",
    ("result",),
)
ROLLOUT_SECONDS: Final = Definition(
    "aiapp_rollout_duration_seconds",
    "histogram",
    "From the start of a rollout until all its pods were available.",
    buckets=SLOW_SECONDS,
)

_OBJECT: Final = ("namespace", "name")
APPLICATIONS: Final = Definition("aiapp_applications", "gauge", "Applications by phase.", ("phase",))
APPLICATION_READY: Final = Definition(
    "aiapp_application_ready_status",
    "gauge",
    "1 for each application, under the status of its condition Ready.",
    (*_OBJECT, "condition"),
)
APPLICATION_STATUS: Final = Definition(
    "aiapp_application_status",
    "gauge",
    "1 for each application, under its phase and the reason of its condition Ready.",
    (*_OBJECT, "phase", "reason"),
)
APPLICATION_CONDITION: Final = Definition(
    "aiapp_application_condition",
    "gauge",
    "1 for each condition of an application that needs attention: one that is not True, or Reconciling or Stalled.",
    (*_OBJECT, "type", "status", "reason"),
)
REPLICAS: Final = Definition("aiapp_application_replicas", "gauge", "Pods wanted.", _OBJECT)
READY_REPLICAS: Final = Definition("aiapp_application_ready_replicas", "gauge", "Pods ready.", _OBJECT)
TRAFFIC_WANTED: Final = Definition(
    "aiapp_application_traffic_wanted_ratio", "gauge", "Share of the traffic that spec asks for.", (*_OBJECT, "version")
)
TRAFFIC_ACTUAL: Final = Definition(
    "aiapp_application_traffic_actual_ratio", "gauge", "Share of the traffic it gets.", (*_OBJECT, "version")
)

VERSIONS: Final = Definition("aiapp_versions", "gauge", "Versions by phase.", ("phase",))
VERDICTS: Final = Definition("aiapp_versions_by_verdict", "gauge", "Versions by verdict over the nodes.", ("verdict",))
VERSION_READY: Final = Definition(
    "aiapp_version_ready_status",
    "gauge",
    "1 for each version, under the status of its condition Ready.",
    (*_OBJECT, "condition"),
)
VERSION_STATUS: Final = Definition(
    "aiapp_version_status",
    "gauge",
    "1 for each version, under its phase and the reason of its condition Ready.",
    (*_OBJECT, "phase", "reason"),
)
VERSION_CONDITION: Final = Definition(
    "aiapp_version_condition",
    "gauge",
    "1 for each condition of a version that needs attention: one that is not True, or Reconciling or Stalled.",
    (*_OBJECT, "type", "status", "reason"),
)
VERDICT: Final = Definition(
    "aiapp_version_verdict", "gauge", "1 for each version, under its verdict over the nodes.", (*_OBJECT, "verdict")
)
COMPATIBLE_NODES: Final = Definition("aiapp_version_compatible_nodes", "gauge", "Nodes that fit.", _OBJECT)
ARTIFACT_BYTES: Final = Definition("aiapp_version_artifact_bytes", "gauge", "Size of the pinned package.", _OBJECT)
UNREADABLE: Final = Definition(
    "aiapp_unreadable_namespaces",
    "gauge",
    "Namespaces of AIAPP_WATCH_NAMESPACES that the operator may not read, so that nothing in them is managed; its log "
    "names them.",
)
OMITTED: Final = Definition(
    "aiapp_metrics_omitted_objects",
    "gauge",
    "Objects beyond the first 5000 of a kind: they are counted by phase, but have no series of their own. Those that "
    "are Ready are left out first.",
    ("kind",),
)

NODES: Final = Definition("aiapp_fleet_nodes", "gauge", "Nodes.", ("architecture", "chip", "ready"))
NPUS: Final = Definition(
    "aiapp_fleet_npus_allocatable", "gauge", "NPUs that the nodes offer to pods.", ("chip", "resource")
)
NPUS_USED: Final = Definition(
    "aiapp_fleet_npus_used",
    "gauge",
    "NPUs that pods hold. Absent where AIAPP_COUNT_DEVICES is false.",
    ("chip", "resource"),
)
RUNTIME_NODES: Final = Definition(
    "aiapp_runtime_nodes", "gauge", "Nodes by whether a runtime can run there.", ("runtime", "verdict")
)
RUNTIME_NPUS: Final = Definition(
    "aiapp_runtime_npus_allocatable",
    "gauge",
    "NPUs on the nodes that a runtime fits, of the resource that its pods ask for. CANN runtimes only.",
    ("runtime",),
)
RUNTIME_NPUS_FREE: Final = Definition(
    "aiapp_runtime_npus_free", "gauge", "Those of them that no pod holds.", ("runtime",)
)

GROUPS: Final[dict[str, tuple[Definition, ...]]] = {
    "Reconciles": (RESULTS, ERRORS, PANICS, SECONDS, ACTIVE, WORKERS),
    "Work queue": (DEPTH, ADDS, RETRIES, WAITED, WORKED, UNFINISHED, LONGEST),
    "API server": (ANSWERS, LATENCY, SILENCE),
    "Import and fetch": (
        IMPORT_SECONDS,
        IMPORT_FAILURES,
        STORE_ANSWERS,
        STORE_LATENCY,
        REGISTRY_ANSWERS,
        REGISTRY_LATENCY,
        TRAINING_JOBS,
        REGISTRATIONS,
        FETCHES,
        FETCH_SECONDS,
        FETCH_BYTES,
        TICKETS,
    ),
    "Applications": (
        APPLICATIONS,
        APPLICATION_READY,
        APPLICATION_STATUS,
        APPLICATION_CONDITION,
        REPLICAS,
        READY_REPLICAS,
        TRAFFIC_WANTED,
        TRAFFIC_ACTUAL,
        ROLLOUTS,
        ROLLOUT_SECONDS,
    ),
    "Versions": (
        VERSIONS,
        VERDICTS,
        VERSION_READY,
        VERSION_STATUS,
        VERSION_CONDITION,
        VERDICT,
        COMPATIBLE_NODES,
        ARTIFACT_BYTES,
    ),
    "Fleet": (NODES, NPUS, NPUS_USED, RUNTIME_NODES, RUNTIME_NPUS, RUNTIME_NPUS_FREE),
    "The operator": (BUILD, LEADER, UNREADABLE, OMITTED),
}
"""By heading of the reference."""
