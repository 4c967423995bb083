"""What the API server refuses of an AIApplication: field, words, the document, and what is wrong with it."""

from typing import Any

from tests.support.documents import Document, application, changed
from tests.support.refusal_words import SHARED_MEMORY, TOO_SHARED, VERSION_RULE

APPLICATION_NAME = (
    "metadata.name: at most 53 lower-case letters, digits and '-', starting with a letter "
    "(a name as ModelArts allows it goes to spec.displayName)"
)
LABEL_VALUE = "the value of a label consists of letters, digits, '-', '_' and '.', with a letter or digit at both ends"
LABEL_KEY = "the key of a label or taint is written [domain/]name, the name of letters, digits, '-', '_' and '.'"
WEIGHT_MISSING = "serving.versions: with more than one version each needs a weight"
WEIGHT_SUM = "serving.versions: the weights must add up to 100"
PARENTS = "gateway.parentRefs: a Gateway is named once, or each time with another sectionName"
NAMESPACE = (
    "the name of a namespace consists of lower-case letters, digits and '-', with a letter or digit at both ends"
)
HOSTNAME = "a hostname consists of lower-case letters, digits, '-' and '.', without a port; its first label may be '*'"
PATH = (
    "path is '/', or starts with it and does not end with it; its parts consist of letters, digits and '-._~', "
    "not of dots alone"
)
FILTER_GROUP = "group is the API group of the filter's kind"
FILTER_KIND = "kind starts with a letter; letters, digits and '-' follow"


def served(*versions: Document) -> list[Document]:
    return [{"version": f"1.0.{index}", **fields} for index, fields in enumerate(versions)]


def behind(**fields: Any) -> Document:
    return changed(application(), spec__serving__gateway={"parentRefs": [{"name": "edge"}]} | fields)


def filtered(**fields: Any) -> Document:
    return behind(filters=[{"group": "traefik.io", "kind": "Middleware", "name": "key"} | fields])


def tolerating(**fields: Any) -> Document:
    return changed(application(), spec__serving__scheduling={"tolerations": [fields]})


def scaled(replicas: int | None = None, **autoscaling: Any) -> Document:
    """An application whose version has an autoscaler, and a number of its own if one is given."""
    number = {} if replicas is None else {"replicas": replicas}
    scaler = {"metrics": [{"type": "CPU", "averageUtilization": 60}]} | autoscaling
    return changed(application(), spec__serving__versions=[{"version": "1.0.0", "autoscaling": scaler} | number])


def mounting(path: str, **fields: Any) -> Document:
    return changed(application(), spec__serving__pod__claims=[{"claimName": "data", "mountPath": path, **fields}])


RESERVED = "the keys aiapp.dev/... and app.kubernetes.io/... are the operator's own: choose another domain"
TAKEN = (
    "mountPath: the pod has something of its own there (the package in /home/mind/model and "
    "/home/ma-user/infer/model/1, the server in /opt/aiapp, libraries in /opt/aiapp-dependencies, /tmp, /dev/shm): "
    "choose another folder"
)
MOUNT_PATH = "a mountPath is absolute and not the root, without ':', '//' and a '/' at its end"
SUB_PATH = "a subPath is relative, without ':', '//' and a '/' at its end"
PREFIX = "a prefix consists of letters, digits and '_' and starts with no digit"
IN_APPLICATION = [
    (
        "spec.serving.versions[0].sharedMemory",
        SHARED_MEMORY,
        changed(application(), spec__serving__versions=served(TOO_SHARED)),
        "more shared memory than memory",
    ),
    ("metadata.name", APPLICATION_NAME, changed(application(), metadata__name="1mnist"), "a digit first"),
    ("metadata.name", APPLICATION_NAME, changed(application(), metadata__name="mnist.eu"), "a dot in the name"),
    ("metadata.name", APPLICATION_NAME, changed(application(), metadata__name="m" * 54), "54 characters"),
    (
        "spec.serving.versions",
        WEIGHT_MISSING,
        changed(application(), spec__serving__versions=served({"weight": 100}, {})),
        "a weight missing among two versions",
    ),
    ("spec.serving.gateway.parentRefs", PARENTS, behind(parentRefs=[{"name": "a"}, {"name": "a"}]), "a Gateway twice"),
    (
        "spec.serving.gateway.parentRefs",
        PARENTS,
        behind(parentRefs=[{"name": "a"}, {"name": "a", "sectionName": "web"}]),
        "a Gateway and one of its listeners",
    ),
    (
        "spec.serving.gateway.parentRefs[0].namespace",
        NAMESPACE,
        behind(parentRefs=[{"name": "a", "namespace": "a.b"}]),
        "a dot in a namespace",
    ),
    ("spec.serving.gateway.hostnames[0]", HOSTNAME, behind(hostnames=["a.example.com:80"]), "a hostname with a port"),
    ("spec.serving.gateway.hostnames[0]", HOSTNAME, behind(hostnames=["a.*.com"]), "a wildcard in the middle"),
    ("spec.serving.gateway.path", PATH, behind(path="mnist"), "a path without '/'"),
    ("spec.serving.gateway.path", PATH, behind(path="/mnist/"), "a path that ends with '/'"),
    ("spec.serving.gateway.path", PATH, behind(path="/a/../b"), "a path that goes up"),
    ("spec.serving.gateway.path", PATH, behind(path="/a%2fb"), "an escaped character"),
    ("spec.serving.gateway.filters[0].group", FILTER_GROUP, filtered(group="Traefik"), "a filter's group in capitals"),
    ("spec.serving.gateway.filters[0].kind", FILTER_KIND, filtered(kind="my/kind"), "a filter's kind with '/'"),
    (
        "spec.serving.versions",
        WEIGHT_SUM,
        changed(application(), spec__serving__versions=served({"weight": 90}, {"weight": 20})),
        "weights of 110",
    ),
    (
        "spec.serving.versions",
        WEIGHT_SUM,
        changed(application(), spec__serving__versions=served({"weight": 50})),
        "half the traffic for the only version",
    ),
    (
        "spec.serving.strategy.steps",
        "strategy.steps: each step's percent must be larger than that of the step before",
        changed(application(), spec__serving__strategy={"steps": [{"percent": 50}, {"percent": 20}]}),
        "a step back",
    ),
    (
        "spec.serving.strategy.steps[0].pauseSeconds",
        "a step either waits for pauseSeconds or for a person's approval",
        changed(
            application(), spec__serving__strategy={"steps": [{"percent": 50, "pauseSeconds": 5, "approve": True}]}
        ),
        "a step that waits for two things",
    ),
    (
        "spec.serving.strategy.checks.prometheus[0].max",
        "a check needs min, max or both",
        changed(application(), spec__serving__strategy={"checks": {"prometheus": [{"name": "errors"}]}}),
        "a check that nothing fails",
    ),
    (
        "spec.serving.strategy.checks.prometheus[0].min",
        "min must not be larger than max",
        changed(application(), spec__serving__strategy={"checks": {"prometheus": [{"name": "x", "min": 2, "max": 1}]}}),
        "a check that nothing passes",
    ),
    (
        "spec.serving.strategy.checks.prometheus[0].name",
        "the name of a check consists of lower-case letters, digits and '-', with a letter or digit at both ends",
        changed(application(), spec__serving__strategy={"checks": {"prometheus": [{"name": "up{}", "min": 1}]}}),
        "a query for a check",
    ),
    (
        "spec.serving.strategy.surge",
        "surge: Auto and Full say it all: leave surge out, or maxSurge and maxUnavailable",
        changed(application(), spec__serving__strategy={"surge": "Full", "maxSurge": 1}),
        "a number of a surge that is full",
    ),
    (
        "spec.serving.strategy.maxUnavailable",
        "surge: RollingIncrease means that nothing is unavailable: it goes with maxSurge alone",
        changed(application(), spec__serving__strategy={"surge": "RollingIncrease", "maxUnavailable": 1}),
        "a rolling increase with something unavailable",
    ),
    (
        "spec.serving.strategy.maxSurge",
        "surge: RollingDecrease means that there is no pod more: it goes with maxUnavailable alone",
        changed(application(), spec__serving__strategy={"surge": "RollingDecrease", "maxSurge": 1}),
        "a rolling decrease with a surge",
    ),
    (
        "spec.serving.strategy.maxSurge",
        "one of maxSurge and maxUnavailable has to be more than 0: else no pod could be replaced",
        changed(application(), spec__serving__strategy={"maxSurge": "0%", "maxUnavailable": 0}),
        "neither more nor fewer pods",
    ),
    (
        "spec.serving.strategy.maxSurge",
        "a number of pods from 0 to 128, or a percentage from 0% to 100%",
        changed(application(), spec__serving__strategy={"maxSurge": "101%"}),
        "more than all",
    ),
    (
        "spec.serving.versions[0].version",
        VERSION_RULE,
        changed(application(), spec__serving__versions=[{"version": "latest"}]),
        "a word for a version",
    ),
    (
        "spec.serving.scheduling.nodeSelector[zone]",
        LABEL_VALUE,
        changed(application(), spec__serving__scheduling__nodeSelector={"zone": "a b"}),
        "a label's value with a space",
    ),
    (
        "spec.serving.scheduling.nodeSelector",
        LABEL_KEY,
        changed(application(), spec__serving__scheduling__nodeSelector={"a zone": "b"}),
        "a label's key with a space",
    ),
    ("spec.serving.scheduling.tolerations[0].key", LABEL_KEY, tolerating(key="a b"), "a taint's key with a space"),
    (
        "spec.serving.scheduling.tolerations[0].key",
        "a toleration without key needs operator: Exists",
        tolerating(effect="NoSchedule"),
        "a toleration of nothing",
    ),
    (
        "spec.serving.scheduling.tolerations[0].value",
        "a toleration with operator: Exists has no value",
        tolerating(key="npu", operator="Exists", value="1"),
        "a value that is not compared",
    ),
    (
        "spec.serving.scheduling.tolerations[0].tolerationSeconds",
        "tolerationSeconds needs effect: NoExecute",
        tolerating(key="npu", operator="Exists", effect="NoSchedule", tolerationSeconds=5),
        "seconds of no eviction",
    ),
    (
        "spec.serving.scheduling.nodeAffinity.required[0].values",
        "operator In and NotIn need values; Exists and DoesNotExist have none",
        changed(
            application(), spec__serving__scheduling__nodeAffinity={"required": [{"key": "zone", "operator": "In"}]}
        ),
        "a demand for none of no values",
    ),
    (
        "spec.serving.pod.labels",
        RESERVED,
        changed(application(), spec__serving__pod__labels={"aiapp.dev/version": "2.0.0"}),
        "a label of the operator's",
    ),
    (
        "spec.serving.pod.annotations",
        RESERVED,
        changed(application(), spec__serving__pod__annotations={"app.kubernetes.io/name": "x"}),
        "an annotation of the operator's",
    ),
    ("spec.serving.pod.claims[0].mountPath", TAKEN, mounting("/home/mind/model/1"), "a mount inside the package"),
    ("spec.serving.pod.claims[0].mountPath", TAKEN, mounting("/opt"), "a mount over the server"),
    ("spec.serving.pod.claims[0].mountPath", TAKEN, mounting("/tmp"), "a mount over the temporary folder"),
    ("spec.serving.pod.claims[0]", "mountPath and subPath have no part '..'", mounting("/a/../b"), "a way up"),
    ("spec.serving.pod.claims[0].mountPath", MOUNT_PATH, mounting("data"), "a relative mount"),
    (
        "spec.serving.pod.envFrom[0]",
        "an entry of envFrom names exactly one of configMapRef and secretRef",
        changed(
            application(),
            spec__serving__pod__envFrom=[{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}],
        ),
        "variables from two places",
    ),
    (
        "spec.serving.versions[0].autoscaling",
        "replicas and autoscaling exclude each other",
        scaled(replicas=2, maxReplicas=3),
        "two who say how many pods there are",
    ),
    (
        "spec.serving.versions[0].autoscaling.minReplicas",
        "minReplicas may not be more than maxReplicas",
        scaled(minReplicas=4, maxReplicas=3),
        "a smallest number above the largest",
    ),
    (
        "spec.serving.limits.burst",
        "burst says how many come at once where requestsPerSecond says how many on average: set both",
        changed(application(), spec__serving__limits={"burst": 10}),
        "a burst of nothing",
    ),
    (
        "spec.serving.versions[0].autoscaling.metrics[0].averageUtilization",
        "a metric of type CPU or Memory has averageUtilization, and neither name nor averageValue",
        scaled(maxReplicas=3, metrics=[{"type": "CPU"}]),
        "a metric without its target",
    ),
    (
        "spec.serving.versions[0].autoscaling.metrics[0].name",
        "a metric of type Pods has name and averageValue, and no averageUtilization",
        scaled(maxReplicas=3, metrics=[{"type": "Pods", "averageValue": "5"}]),
        "a metric without its name",
    ),
    (
        "spec.serving.versions[0].autoscaling.metrics[0].name",
        "the name of a metric starts with a letter and has letters, digits and '_:./-'",
        scaled(maxReplicas=3, metrics=[{"type": "Pods", "name": "1 a", "averageValue": "5"}]),
        "a metric's name with a space",
    ),
    ("spec.serving.pod.claims[0].subPath", SUB_PATH, mounting("/data", subPath="/v1"), "an absolute part of a volume"),
    (
        "spec.serving.pod.envFrom[0].prefix",
        PREFIX,
        changed(application(), spec__serving__pod__envFrom=[{"prefix": "1A", "secretRef": {"name": "a"}}]),
        "a prefix with a digit before the others",
    ),
]
