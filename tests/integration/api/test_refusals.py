"""What the API server refuses, and the words in which a person reads it. Every rule of every CRD has a row here."""

from typing import Any

import pytest
from tests.support.documents import ABSENT, Document, application, changed, runtime, version
from tests.support.kube import ApiError, Kube
from tests.support.server_refusals import IN_SERVER, serving
from tests.support.template_refusals import IN_TEMPLATE, INPUT_NAME

from aiapp.api import crd
from aiapp.api.meta import RULES
from aiapp.api.schema import nodes
from aiapp.api.source import FIXED_FIELDS

VERSION_RULE = "a version is three numbers from 0 to 99 without leading zeros, joined by dots, for example 1.0.0"
VERSION_NAME = "metadata.name must be <spec.application>-<spec.version>, for example mnist-1.0.0"
APPLICATION_RULE = (
    "the name of an application consists of at most 53 lower-case letters, digits and '-', starts with a letter "
    "and does not end with '-'"
)
APPLICATION_NAME = (
    "metadata.name: at most 53 lower-case letters, digits and '-', starting with a letter "
    "(a name as ModelArts allows it goes to spec.displayName)"
)
OBJECT_NAME = (
    "the name of an object consists of lower-case letters, digits, '-' and '.', with a letter or digit at both ends"
)
RUNTIME_RULE = (
    "the name of a runtime consists of letters, digits, '.', '_' and '-', with a letter or digit at both ends"
)
URI_SPACE = "uri: an OBS path may not contain spaces"
URI_FORM = (
    "uri must be obs://bucket/path/ or s3://bucket/path/, the bucket 3 to 63 lower-case letters, digits, '-' and '.'"
)
ENDPOINT = "endpoint must be http(s)://host[:port], without user, path or query"
REGION = "a region consists of lower-case letters, digits and '-', for example cn-north-4"
DIGEST = "digest must be sha256: and 64 lower-case hexadecimal digits"
DESCRIPTION = """a description has 1 to 100 characters, none of & ! ' " < > ="""
DISPLAY_NAME = "a display name consists of 1 to 64 letters, digits, '-' and '_'"
DOCUMENT_NAME = "the name of a document starts with a letter"
DOCUMENT_URL = "the url of a document starts with http:// or https:// and has no spaces"
ENV_NAME = "the name of an environment variable consists of letters, digits and '_' and starts with no digit"
ENV_BOTH = "an environment variable has either value or valueFrom, not both"
ENV_SOURCE = "valueFrom names exactly one of secretKeyRef and configMapKeyRef"
KEY = "a key of a Secret or ConfigMap consists of letters, digits, '-', '_' and '.'"
QUANTITY = "a quantity is a number with an optional unit, not negative, for example 500m, 2 or 4Gi"
REQUEST = "a request may not be larger than the limit of the same resource"
RESOURCE_NAME = "an extended resource is written domain/name, for example huawei.com/Ascend910"
LABEL_VALUE = "the value of a label consists of letters, digits, '-', '_' and '.', with a letter or digit at both ends"
LABEL_KEY = "the key of a label or taint is written [domain/]name, the name of letters, digits, '-', '_' and '.'"
RESOURCE_KEY = "a resource is cpu, memory, ephemeral-storage, hugepages-<size> or written domain/name"
IMAGE = "an image reference is written [registry/]repository[:tag][@digest], without spaces"
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
OF_IMAGES = (
    "command, args, port, protocol, health, metrics, user are for images of your own: the runtime says how it is "
    "started and asked"
)
NOT_INSTALLED = "dependencies are installed for the model server: an image of your own brings what it needs"
REQUIREMENT = (
    "a dependency is a requirement such as numpy or 'numpy>=1.21,<2', or a file of the package such as ./a.whl or "
    "'-r ./requirements.txt'"
)
OWN_SERVER = "workers are processes of the model server: an image of your own brings a server of its own"
NO_SOURCE = "source must say where the model comes from: obs, image, trainingJob or template"
ONE_SOURCE = "source names exactly one of obs, image, trainingJob, template and exeML"
OF_EXEML = {"project": "flowers", "job": {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "4b1c"}}
FROM_IMAGE = {"image": {"reference": "registry.example.com/team/mnist:1"}}

OF_TEMPLATE = {"template": {"name": "sklearn", "inputs": [{"name": "model", "uri": "obs://models/iris/"}]}}


def of_template(*inputs: Document) -> Document:
    """A template as a source, with further inputs."""
    return changed(OF_TEMPLATE, template__inputs=[*OF_TEMPLATE["template"]["inputs"], *inputs])


A_KEY = {"name": "settings", "key": "a"}


def one_env(**fields: Any) -> list[Document]:
    return [{"name": "A", **fields}]


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
SHARED_MEMORY = (
    "sharedMemory counts in the memory limit of the container: it has to be smaller than resources.limits.memory"
)
TOO_SHARED = {"sharedMemory": "1Gi", "resources": {"limits": {"memory": "1024Mi"}}}
IN_VERSION = [
    (
        "spec.container.sharedMemory",
        SHARED_MEMORY,
        changed(version(), spec__container=TOO_SHARED),
        "more shared memory than memory",
    ),
    ("spec.version", VERSION_RULE, changed(version("mnist", "1.0")), "two numbers"),
    ("spec.version", VERSION_RULE, changed(version("mnist", "01.0.0")), "a leading zero"),
    ("spec.version", VERSION_RULE, changed(version("mnist", "1.0.100")), "a number above 99"),
    ("spec.version", VERSION_RULE, changed(version("mnist", "1.0.0-rc1")), "a pre-release"),
    ("spec.application", APPLICATION_RULE, version("mnist-", "1.0.0"), "an application's name that ends with '-'"),
    (
        "spec.application",
        APPLICATION_RULE,
        version("1mnist", "1.0.0"),
        "an application's name that starts with a digit",
    ),
    ("metadata.name", VERSION_NAME, changed(version(), metadata__name="mnist-1.0.1"), "another name than its version"),
    ("metadata.name", VERSION_NAME, changed(version(), metadata__name="mnist"), "the application's name"),
    ("spec.source.obs", NO_SOURCE, changed(version(), spec__source={}), "an empty source"),
    (
        "spec.source.image",
        ONE_SOURCE,
        changed(version(), spec__source__image=FROM_IMAGE["image"]),
        "two sources",
    ),
    (
        "spec.source.trainingJob",
        ONE_SOURCE,
        changed(version(), spec__source__trainingJob={"name": "train"}),
        "a package and a training job",
    ),
    (
        "spec.source.template",
        ONE_SOURCE,
        changed(version(), spec__source__template=OF_TEMPLATE["template"]),
        "a package and a template",
    ),
    (
        "spec.source.exeML",
        ONE_SOURCE,
        changed(version(), spec__source__exeML=OF_EXEML),
        "a package and a model of ExeML",
    ),
    (
        "spec.container",
        "an ExeML model is served as it is, by its runtime: it takes no container",
        changed(version(), spec__source={"exeML": OF_EXEML}, spec__container={"workers": 2}),
        "a container for a model of ExeML",
    ),
    (
        "spec.source.template.inputs",
        "the inputs of a template lie in one bucket: copy those of others there",
        changed(version(), spec__source=of_template({"name": "code", "uri": "obs://other/code/"})),
        "inputs in two buckets",
    ),
    (
        "spec.source.template.inputs[1].name",
        INPUT_NAME,
        changed(version(), spec__source=of_template({"name": "My_Code", "uri": "obs://models/code/"})),
        "an underscore in the name of an input",
    ),
    (
        "spec.source.trainingJob.apiVersion",
        "apiVersion is written group/version, for example kubeflow.org/v1",
        changed(version(), spec__source={"trainingJob": {"name": "train", "apiVersion": "kubeflow.org"}}),
        "a group without a version",
    ),
    (
        "spec.source.trainingJob.kind",
        "a kind consists of letters and digits and starts with a capital letter",
        changed(version(), spec__source={"trainingJob": {"name": "train", "kind": "pytorchjobs"}}),
        "a plural instead of a kind",
    ),
    (
        "spec.source.trainingJob.uid",
        "uid is the metadata.uid of the job: letters, digits and '-'",
        changed(version(), spec__source={"trainingJob": {"name": "train", "uid": "a/b"}}),
        "a uid with a slash",
    ),
    (
        "spec.source.trainingJob.output.uri",
        URI_FORM,
        changed(version(), spec__source={"trainingJob": {"name": "train", "output": {"uri": "/output"}}}),
        "an output on a disk",
    ),
    (
        "spec.source.image.reference",
        IMAGE,
        changed(version(), spec__source={"image": {"reference": "registry.example.com/a b"}}),
        "a space in an image",
    ),
    (
        "spec.runtime",
        "an image brings what it needs: a runtime is for packages",
        changed(version(), spec__source=FROM_IMAGE, spec__runtime="gpu_1"),
        "a runtime for an image",
    ),
    (
        "spec.container.image",
        "the source is an image already: container.image is for a package that your own image serves",
        changed(version(), spec__source=FROM_IMAGE, spec__container={"image": "other"}),
        "an image for an image",
    ),
    (
        "spec.runtime",
        "either a runtime or container.image serves the package, not both",
        changed(version(), spec__container={"image": "other"}, spec__runtime="gpu_1"),
        "a runtime and an image",
    ),
    (
        "spec.container.workers",
        OWN_SERVER,
        changed(version(), spec__source=FROM_IMAGE, spec__container={"workers": 2}),
        "worker processes of an image",
    ),
    (
        "spec.container.workers",
        OWN_SERVER,
        changed(version(), spec__container={"image": "other", "workers": 2}),
        "worker processes of an image that serves a package",
    ),
    (
        "spec.container.dependencies",
        NOT_INSTALLED,
        changed(version(), spec__source=FROM_IMAGE, spec__container={"dependencies": ["numpy"]}),
        "dependencies of an image",
    ),
    (
        "spec.container.dependencies",
        NOT_INSTALLED,
        changed(version(), spec__container={"image": "other", "dependencies": []}),
        "dependencies of an image that serves a package",
    ),
    *(
        (
            "spec.container.dependencies[0]",
            REQUIREMENT,
            changed(version(), spec__container={"dependencies": [written]}),
            f"the dependency {written}",
        )
        for written in ("--index-url=x", "numpy @ https://x/y.whl", "./../x.whl", "/x.whl", "numpy; x", "")
    ),
    (
        "spec.container",
        OF_IMAGES,
        changed(version(), spec__runtime="gpu_1", spec__container={"port": 9000}),
        "another port of a runtime",
    ),
    (
        "spec.container.health.command",
        "health asks either a path or a command, not both",
        changed(version(), spec__container={"health": {"path": "/health", "command": ["true"]}}),
        "a health check of two kinds",
    ),
    (
        "spec.container.health.path",
        "the path of a health check starts with '/' and has no spaces",
        changed(version(), spec__container={"health": {"path": "health"}}),
        "a health check's path without its slash",
    ),
    ("spec.source.obs.uri", URI_SPACE, changed(version(), spec__source__obs__uri="obs://models/a b/"), "a space in it"),
    ("spec.source.obs.uri", URI_SPACE, changed(version(), spec__source__obs__uri="obs://models/a/\t"), "a tab in it"),
    ("spec.source.obs.uri", URI_FORM, changed(version(), spec__source__obs__uri="models/mnist/"), "no scheme"),
    ("spec.source.obs.uri", URI_FORM, changed(version(), spec__source__obs__uri="file:///models/"), "another scheme"),
    ("spec.source.obs.uri", URI_FORM, changed(version(), spec__source__obs__uri="obs://Models/a/"), "a bad bucket"),
    (
        "spec.source.obs.endpoint",
        ENDPOINT,
        changed(version(), spec__source__obs__endpoint="s3.example.com"),
        "no scheme",
    ),
    (
        "spec.source.obs.endpoint",
        ENDPOINT,
        changed(version(), spec__source__obs__endpoint="https://key:secret@s3.example.com"),
        "a user in the endpoint",
    ),
    (
        "spec.source.obs.endpoint",
        ENDPOINT,
        changed(version(), spec__source__obs__endpoint="https://s3.example.com/models"),
        "a path in the endpoint",
    ),
    *(
        ("spec.source.obs.endpoint", ENDPOINT, changed(version(), spec__source__obs__endpoint=endpoint), name)
        for endpoint, name in (
            ("https://[", "half an address"),
            ("https://minio_store:9000,backup", "two endpoints"),
            ("https://ümläut.example.com", "letters that no host name has"),
            ("http://a;b", "a semicolon"),
            ("https://%zz", "an escape"),
            ("https://..", "nothing but dots"),
            ("https://:443", "no host"),
            ("https://\x1b[31mhost", "a terminal's escape"),
            (f"https://{'a' * 300}", "a label of 300 letters"),
            ("https://host:99999", "no such port"),
            ("https://host:0", "the port that is none"),
            ("https://host:abc", "a port in letters"),
            ("https://-host", "a label that begins with a hyphen"),
        )
    ),
    ("spec.source.obs.region", REGION, changed(version(), spec__source__obs__region="CN North"), "a spelt-out region"),
    *(
        (
            "spec.source.obs.region",
            REGION,
            changed(version(), spec__source__obs__region=region),
            f"{region[:9]} as a region",
        )
        for region in ("-", "a-", "-a", "a" * 64)
    ),
    (
        "spec.source.obs.credentialsSecretRef.name",
        OBJECT_NAME,
        changed(version(), spec__source__obs__credentialsSecretRef__name="Model_Store"),
        "a Secret's name with capitals",
    ),
    (
        "spec.source.obs.digest",
        DIGEST,
        changed(version(), spec__source__obs__digest=f"sha256:{'D1' * 32}"),
        "a digest in capitals",
    ),
    (
        "spec.source.obs.caBundleRef.name",
        OBJECT_NAME,
        changed(version(), spec__source__obs__caBundleRef={"kind": "ConfigMap", "name": "Private_CA"}),
        "a ConfigMap's name with capitals",
    ),
    (
        "spec.source.obs.caBundleRef.key",
        KEY,
        changed(version(), spec__source__obs__caBundleRef={"kind": "Secret", "name": "ca", "key": "a/b"}),
        "a CA bundle's key with a slash",
    ),
    ("spec.description", DESCRIPTION, changed(version(), spec__description="reads <digits>"), "a refused character"),
    ("spec.description", DESCRIPTION, changed(version(), spec__description=""), "an empty description"),
    ("spec.displayName", DISPLAY_NAME, changed(version(), spec__displayName="Hand written"), "a space in displayName"),
    (
        "spec.documents[0].name",
        DOCUMENT_NAME,
        changed(version(), spec__documents=[{"name": "1st", "url": "https://a.example/"}]),
        "a document named by a number",
    ),
    (
        "spec.documents[0].url",
        DOCUMENT_URL,
        changed(version(), spec__documents=[{"name": "Guide", "url": "ftp://a.example/"}]),
        "a document elsewhere than on the web",
    ),
    ("spec.runtime", RUNTIME_RULE, changed(version(), spec__runtime="PyTorch 2.1"), "a runtime with a space"),
    (
        "spec.container.env[0].name",
        ENV_NAME,
        changed(version(), spec__container__env=[{"name": "1A"}]),
        "a bad variable",
    ),
    (
        "spec.container.env[0].value",
        ENV_BOTH,
        changed(version(), spec__container__env=one_env(value="1", valueFrom={"secretKeyRef": A_KEY})),
        "a variable with two values",
    ),
    (
        "spec.container.env[0].valueFrom",
        ENV_SOURCE,
        changed(version(), spec__container__env=one_env(valueFrom={"secretKeyRef": A_KEY, "configMapKeyRef": A_KEY})),
        "a variable from two places",
    ),
    (
        "spec.container.env[0].valueFrom",
        ENV_SOURCE,
        changed(version(), spec__container__env=one_env(valueFrom={})),
        "a variable from nowhere",
    ),
    (
        "spec.container.env[0].valueFrom.secretKeyRef.key",
        KEY,
        changed(version(), spec__container__env=one_env(valueFrom={"secretKeyRef": {"name": "s", "key": "a/b"}})),
        "a key with a slash",
    ),
    (
        "spec.container.resources.limits[memory]",
        QUANTITY,
        changed(version(), spec__container__resources__limits={"memory": "two"}),
        "no quantity",
    ),
    (
        "spec.container.resources.requests[cpu]",
        QUANTITY,
        changed(version(), spec__container__resources__requests={"cpu": -1}),
        "a negative quantity",
    ),
    (
        "spec.container.resources.limits",
        RESOURCE_KEY,
        changed(version(), spec__container__resources__limits={"cpus": 2}),
        "a misspelt resource",
    ),
    (
        "spec.container.resources.requests",
        REQUEST,
        changed(version(), spec__container__resources={"requests": {"cpu": "1500m"}, "limits": {"cpu": 1}}),
        "a request above its limit",
    ),
    (
        "spec.container.npu.resourceName",
        RESOURCE_NAME,
        changed(version(), spec__container__npu__resourceName="Ascend910"),
        "an NPU resource without domain",
    ),
]
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
IN_RUNTIME = [
    (
        "metadata.name",
        "metadata.name must be spec.name in lower case with '-' for '_'",
        changed(runtime(), metadata__name="pytorch"),
        "another name than its own",
    ),
    ("spec.image", IMAGE, changed(runtime(), spec__image="swr/pytorch: 2.1"), "a space in the image"),
    ("spec.aliases[0]", RUNTIME_RULE, changed(runtime(), spec__aliases=["python 3"]), "a space in an alias"),
    (
        "spec.chips[0]",
        "a chip family is written as in the facts about nodes, for example Ascend910B or Ascend950",
        changed(runtime(), spec__chips=["Ascend 950"]),
        "a space in a chip",
    ),
]
CEL = [*IN_VERSION, *IN_APPLICATION, *IN_RUNTIME, *IN_SERVER, *IN_TEMPLATE]
ONCE_MADE = (
    ("spec.application", {"spec__application": "other"}),
    ("spec.version", {"spec__version": "1.0.1"}),
)
ONCE_PINNED = (
    ("spec.source.obs.uri", {"spec__source__obs__uri": "obs://models/other/"}),
    ("spec.source.obs.endpoint", {"spec__source__obs__endpoint": "https://obs.example.com"}),
    ("spec.source.obs.region", {"spec__source__obs__region": "eu-west-0"}),
    ("spec.source.obs.addressing", {"spec__source__obs__addressing": "Path"}),
    ("spec.source.obs.digest", {"spec__source__obs__digest": f"sha256:{'d1' * 32}"}),
    ("spec.container", {"spec__container__npu__count": 2}),
)
IMAGE_ONCE_PINNED = (
    ("spec.source.image.reference", {"spec__source__image__reference": "registry.example.com/team/mnist:2"}),
    ("spec.source.image.replicate", {"spec__source__image__replicate": True}),
)
JOB_ONCE_PINNED = tuple(
    (f"spec.source.trainingJob.{field}", {f"spec__source__trainingJob__{field}": value})
    for field, value in {
        "apiVersion": "batch/v1",
        "kind": "PyTorchJob",
        "name": "other",
        "uid": "4b1c",
        "output": {"uri": "obs://models/other/"},
        "template": {"name": "sklearn"},
        "endpoint": "https://obs.example.com",
        "region": "eu-west-0",
        "addressing": "Path",
    }.items()
)
TEMPLATE_ONCE_PINNED = tuple(
    (f"spec.source.template.{field}", {f"spec__source__template__{field}": value})
    for field, value in {
        "name": "onnx",
        "mode": "Undefined",
        "inputs": [{"name": "model", "uri": "obs://models/other/"}],
        "endpoint": "https://obs.example.com",
        "region": "eu-west-0",
        "addressing": "Path",
        "digest": f"sha256:{'d1' * 32}",
    }.items()
)
EXEML_ONCE_PINNED = (
    ("spec.source.exeML.project", {"spec__source__exeML__project": "other"}),
    ("spec.source.exeML.job", {"spec__source__exeML__job__uid": "5c2d"}),
)
OTHER_RUNTIME = {"spec__runtime": "gpu_2"}
SET_ONCE = "runtime is immutable once it is resolved and the artifact is pinned: make a new version instead"
PINNED = {
    "artifact": {
        "pin": f"sha256:{'4b' * 32}",
        "objects": 3,
        "bytes": 3,
        "size": "3 B",
        "manifestRef": {"name": "aiapp-manifest-4b"},
        "verification": "ETag",
    }
}


def refusals(kube: Kube, document: Document, namespace: str) -> dict[str, str]:
    """Field and words of every cause for which the document is refused."""
    with pytest.raises(ApiError) as refused:
        kube.create(document, namespace)
    assert refused.value.status == 422, refused.value.message
    return {cause["field"]: cause["message"] for cause in refused.value.body["details"]["causes"]}


def update_refusals(kube: Kube, document: Document, namespace: str) -> dict[str, str]:
    with pytest.raises(ApiError) as refused:
        kube.apply(document, namespace, force="true")
    assert refused.value.status == 422, refused.value.message
    return {cause["field"]: cause["message"] for cause in refused.value.body["details"]["causes"]}


def pinned(kube: Kube, document: Document, namespace: str, **status: Any) -> None:
    """The document, registered, with the status that an import leaves."""
    registered = kube.apply(document, namespace)
    kube.patch(registered, {"status": PINNED | status}, subresource="status")


@pytest.mark.parametrize("absent", sorted(PINNED["artifact"]))
def test_a_status_has_everything_that_its_type_of_artifact_requires(kube: Kube, namespace: str, absent: str) -> None:
    registered = kube.apply(version(), namespace)
    incomplete = {field: value for field, value in PINNED["artifact"].items() if field != absent}
    for type_ in ({}, {"type": "Package"}):
        with pytest.raises(ApiError) as refused:
            kube.patch(registered, {"status": {"artifact": incomplete | type_}}, subresource="status")
        assert "required where type is Package" in refused.value.message


def present(kind: str) -> str:
    return (
        f"spec.source.{kind} can neither be added nor removed once the artifact is pinned: make a new version instead"
    )


def once_pinned(field: str) -> str:
    return f"{field.rpartition('.')[2]} is immutable once the artifact is pinned: make a new version instead"


@pytest.mark.parametrize(
    ("field", "message", "document"),
    [
        pytest.param(field, message, document, id=f"{document['kind']}, {name}")
        for field, message, document, name in CEL
    ],
)
def test_a_broken_rule_is_told_once_at_its_field(
    kube: Kube, namespace: str, field: str, message: str, document: Document
) -> None:
    found = refusals(kube, document, namespace)
    assert list(found) == [field]
    assert found[field].endswith(message)
    assert "regular expression" not in found[field]


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in ONCE_MADE])
def test_the_name_of_a_version_cannot_be_changed(
    kube: Kube, namespace: str, field: str, change: dict[str, Any]
) -> None:
    kube.apply(version(), namespace)
    found = update_refusals(kube, changed(version(), **change), namespace)
    name = field.rpartition(".")[2]
    assert found[field] == f"Forbidden: {name} is immutable: make a new version instead"
    assert set(found) <= {field, "metadata.name"}


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in ONCE_PINNED])
def test_what_a_version_is_cannot_be_changed_once_it_is_pinned(
    kube: Kube, namespace: str, field: str, change: dict[str, Any]
) -> None:
    pinned(kube, version(), namespace)
    found = update_refusals(kube, changed(version(), **change), namespace)
    assert found == {field: f"Forbidden: {once_pinned(field)}"}


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in IMAGE_ONCE_PINNED])
def test_an_image_cannot_be_exchanged_once_it_is_pinned(
    kube: Kube, namespace: str, field: str, change: dict[str, Any]
) -> None:
    image = changed(version(), spec__source=FROM_IMAGE)
    pinned(kube, image, namespace)
    assert update_refusals(kube, changed(image, **change), namespace) == {field: f"Forbidden: {once_pinned(field)}"}


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in JOB_ONCE_PINNED])
def test_a_training_job_cannot_be_exchanged_once_its_output_is_pinned(
    kube: Kube, namespace: str, field: str, change: dict[str, Any]
) -> None:
    trained = changed(version(), spec__source={"trainingJob": {"name": "train"}})
    pinned(kube, trained, namespace)
    assert update_refusals(kube, changed(trained, **change), namespace) == {field: f"Forbidden: {once_pinned(field)}"}


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in TEMPLATE_ONCE_PINNED])
def test_what_a_template_was_given_cannot_be_exchanged_once_it_is_pinned(
    kube: Kube, namespace: str, field: str, change: dict[str, Any]
) -> None:
    made = changed(version(), spec__source=OF_TEMPLATE)
    pinned(kube, made, namespace)
    assert update_refusals(kube, changed(made, **change), namespace) == {field: f"Forbidden: {once_pinned(field)}"}


@pytest.mark.parametrize(("field", "change"), [pytest.param(*row, id=row[0]) for row in EXEML_ONCE_PINNED])
def test_a_model_of_exeml_stays_its_projects(kube: Kube, namespace: str, field: str, change: dict[str, Any]) -> None:
    made = changed(version(), spec__source={"exeML": OF_EXEML})
    pinned(kube, made, namespace)
    assert update_refusals(kube, changed(made, **change), namespace) == {field: f"Forbidden: {once_pinned(field)}"}


def test_a_pinned_package_cannot_become_an_image(kube: Kube, namespace: str) -> None:
    pinned(kube, version(), namespace)
    found = update_refusals(kube, changed(changed(version(), spec__source=ABSENT), spec__source=FROM_IMAGE), namespace)
    assert found == {f"spec.source.{kind}": f"Forbidden: {present(kind)}" for kind in ("obs", "image")}


@pytest.mark.parametrize(
    "change", [pytest.param(change, id=field) for field, change in (*ONCE_PINNED, ("spec.runtime", OTHER_RUNTIME))]
)
def test_a_mistake_in_a_version_that_is_not_pinned_can_be_mended(
    kube: Kube, namespace: str, change: dict[str, Any]
) -> None:
    kube.apply(changed(version(), spec__runtime="gpu_1"), namespace)
    mended = kube.apply(changed(version(), **change), namespace)
    assert mended["metadata"]["generation"] == 2


@pytest.mark.parametrize("change", [pytest.param("gpu_2", id="to another"), pytest.param(ABSENT, id="to none")])
def test_a_runtime_of_a_pinned_version_is_set_once_and_stays(kube: Kube, namespace: str, change: Any) -> None:
    pinned(kube, version(), namespace, runtime={"name": "cpu_1", "lifecycle": "Supported"})
    kube.apply(changed(version(), spec__runtime="gpu_1"), namespace)
    with_another = changed(changed(version(), spec__runtime="gpu_1"), spec__runtime=change)
    assert update_refusals(kube, with_another, namespace) == {"spec.runtime": f"Forbidden: {SET_ONCE}"}


@pytest.mark.parametrize(
    "change", [pytest.param("gpu_2", id="another"), pytest.param(ABSENT, id="that of config.json")]
)
def test_a_runtime_that_was_not_found_is_mended_although_the_content_is_pinned(
    kube: Kube, namespace: str, change: Any
) -> None:
    pinned(kube, changed(version(), spec__runtime="gpu_1"), namespace)
    mended = kube.apply(changed(changed(version(), spec__runtime="gpu_1"), spec__runtime=change), namespace)
    assert mended["spec"].get("runtime") == (None if change is ABSENT else change)


def test_what_describes_a_version_may_change(kube: Kube, namespace: str) -> None:
    kube.apply(version(), namespace)
    described = changed(
        version(),
        spec__displayName="Mnist_1",
        spec__description="Reads digits",
        spec__documents=[{"name": "Guide", "url": "https://docs.example.com/mnist"}],
        spec__source__obs__credentialsSecretRef={"name": "model-store"},
    )
    assert kube.apply(described, namespace)["spec"]["displayName"] == "Mnist_1"
    again = changed(described, spec__description="Reads them well", spec__source__obs__credentialsSecretRef__name="b")
    assert kube.apply(again, namespace)["spec"]["source"]["obs"]["credentialsSecretRef"] == {"name": "b"}
    assert "displayName" not in kube.apply(version(), namespace)["spec"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(
            changed(version(), spec__source=ABSENT), "spec.source: Required value", id="a version without a source"
        ),
        pytest.param(
            changed(application(), spec__serving__strategy={"steps": [{"percent": 50}, {"percent": 50}]}),
            "spec.serving.strategy.steps[1]: Duplicate value",
            id="the same step twice",
        ),
        pytest.param(
            changed(version(), spec__source={"ftp": {"uri": "ftp://a"}}),
            'unknown field "spec.source.ftp"',
            id="a source of an unknown kind",
        ),
        pytest.param(
            changed(application(), spec__serving__replicas=2),
            'unknown field "spec.serving.replicas"',
            id="a field in the wrong place",
        ),
        pytest.param(
            changed(version(), spec__description="x" * 101),
            "spec.description: Too long",
            id="a description of 101 characters",
        ),
        pytest.param(
            changed(version(), spec__documents=[{"name": "Guide", "url": "https://a.example/"}] * 4),
            "spec.documents: Too many: 4: must have at most 3 items",
            id="four documents",
        ),
        pytest.param(version("m" * 54), "spec.application: Too long", id="a name of 54 characters"),
        pytest.param(
            changed(application(), spec__serving__versions=served({"weight": 50}, {"weight": 50, "version": "1.0.0"})),
            'spec.serving.versions[1]: Duplicate value: {"version":"1.0.0"}',
            id="a version served twice",
        ),
        pytest.param(
            changed(application(), spec__serving__versions=[]),
            "spec.serving.versions: Invalid value: 0: spec.serving.versions in body should have at least 1 items",
            id="serving without a version",
        ),
        pytest.param(
            changed(application(), spec__serving__versions=served({"weight": 101})),
            "spec.serving.versions[0].weight: Invalid value: 101: spec.serving.versions[0].weight in body should be "
            "less than or equal to 100",
            id="a weight above 100",
        ),
        pytest.param(
            changed(application(), spec__serving__compatibility="Ignore"),
            'spec.serving.compatibility: Unsupported value: "Ignore": supported values: "Enforce", "Warn"',
            id="an unknown choice",
        ),
        pytest.param(
            changed(application(), spec__serving__deployTimeoutSeconds=60),
            "spec.serving.deployTimeoutSeconds in body should be greater than or equal to 180",
            id="a deploy timeout below three minutes",
        ),
        *(
            pytest.param(
                changed(version(), spec__container={"image": "r/i:1", "user": {"uid": 1, "gid": 1} | {which: 2**31}}),
                f"spec.container.user.{which} in body should be less than or equal to 2147483647",
                id=f"a {which} that Kubernetes does not take",
            )
            for which in ("uid", "gid")
        ),
        pytest.param(
            serving(groups=[2**31]),
            "spec.server.groups[0] in body should be less than or equal to 2147483647",
            id="a group that Kubernetes does not take",
        ),
    ],
)
def test_what_the_schema_itself_refuses_names_field_and_limit(
    kube: Kube, namespace: str, document: Document, words: str
) -> None:
    with pytest.raises(ApiError) as refused:
        kube.create(document, namespace)
    assert words in refused.value.message


def test_an_unknown_source_that_lenient_validation_drops_is_no_source(kube: Kube, namespace: str) -> None:
    with pytest.raises(ApiError) as refused:
        kube.create(changed(version(), spec__source={"ftp": {}}), namespace, fieldValidation="Ignore")
    assert NO_SOURCE in refused.value.message


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(version("a", "0.0.1"), id="the shortest version"),
        pytest.param(version("m" * 53, "99.99.99"), id="the longest version"),
        pytest.param(changed(version(), spec__source__obs__uri="s3://abc"), id="a bucket without a path"),
        pytest.param(
            changed(version(), spec__source__obs__endpoint="http://127.0.0.1:9000/"), id="an endpoint and port"
        ),
        *(
            pytest.param(changed(version(), spec__source__obs__endpoint=endpoint), id=endpoint[:40])
            for endpoint in (
                "https://obs.cn-north-4.myhuaweicloud.com",
                "https://MinIO.example.com.:65535",
                "http://minio_store:9000",
                "http://[fd00::1]:9000",
                "https://[::ffff:10.0.0.1]",
                f"https://{'a' * 63}.{'b' * 63}",
            )
        ),
        pytest.param(
            changed(
                version(),
                spec__source={
                    "trainingJob": {
                        "apiVersion": "batch.volcano.sh/v1alpha1",
                        "kind": "Job",
                        "name": "train.7",
                        "uid": "0b5b6d8c-3c1e-4d0a-9a52-5d3c1b8f2f11",
                        "output": {"uri": "s3://models/mnist/run-7"},
                    }
                },
            ),
            id="a training job in full",
        ),
        pytest.param(application("m" * 53), id="the longest application name"),
        pytest.param(changed(application(), spec=ABSENT), id="an application that is only managed"),
        pytest.param(
            changed(application(), spec__serving__versions=served({"weight": 0}, {"weight": 100})),
            id="a version without traffic",
        ),
        pytest.param(
            behind(
                parentRefs=[{"name": "a", "sectionName": "x"}, {"name": "a", "sectionName": "y"}, {"name": "b"}],
                hostnames=["*.example.com", "mnist.example.com"],
                path="/v1/mnist.old",
            ),
            id="two listeners of a Gateway and another one",
        ),
        pytest.param(
            changed(application(), spec__serving__scheduling__tolerations=[{"operator": "Exists"}]),
            id="a toleration of everything",
        ),
    ],
)
def test_what_keeps_the_rules_is_accepted(kube: Kube, namespace: str, document: Document) -> None:
    assert kube.create(document, namespace)["metadata"]["uid"]


def test_every_rule_of_every_crd_has_a_row_above() -> None:
    rules = {
        rule["message"]
        for kind in crd.KINDS
        for path, node in nodes(crd.schema(kind))
        if not path.startswith(".status")  # only the operator writes it: see what a status writer may do
        for rule in node.get(RULES, [])
    }
    told = {message for _, message, _, _ in CEL} | {SET_ONCE}
    told |= {f"{field.rpartition('.')[2]} is immutable: make a new version instead" for field, _ in ONCE_MADE}
    told |= {
        once_pinned(field)
        for field, _ in (
            *ONCE_PINNED,
            *IMAGE_ONCE_PINNED,
            *JOB_ONCE_PINNED,
            *TEMPLATE_ONCE_PINNED,
            *EXEML_ONCE_PINNED,
        )
    } | set(map(present, FIXED_FIELDS))
    assert rules == told
