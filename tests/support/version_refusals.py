"""What the API server refuses of an AIApplicationVersion: field, words, the document, and what is wrong with it."""

from tests.support.documents import Document, changed, version
from tests.support.refusal_words import (
    A_KEY,
    APPLICATION_RULE,
    DESCRIPTION,
    DISPLAY_NAME,
    DOCUMENT_NAME,
    DOCUMENT_URL,
    ENV_BOTH,
    ENV_NAME,
    ENV_SOURCE,
    IMAGE,
    KEY,
    OBJECT_NAME,
    QUANTITY,
    REQUEST,
    RESOURCE_KEY,
    RESOURCE_NAME,
    RUNTIME_RULE,
    SHARED_MEMORY,
    TOO_SHARED,
    VERSION_RULE,
    one_env,
)
from tests.support.template_refusals import INPUT_NAME

VERSION_NAME = "metadata.name must be <spec.application>-<spec.version>, for example mnist-1.0.0"
URI_SPACE = "uri: an OBS path may not contain spaces"
URI_FORM = (
    "uri must be obs://bucket/path/ or s3://bucket/path/, the bucket 3 to 63 lower-case letters, digits, '-' and '.'"
)
ENDPOINT = "endpoint must be http(s)://host[:port], without user, path or query"
REGION = "a region consists of lower-case letters, digits and '-', for example cn-north-4"
DIGEST = "digest must be sha256: and 64 lower-case hexadecimal digits"
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
