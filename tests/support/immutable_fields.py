"""What of a version cannot be changed, ever or once it is pinned: the field, and a change of it."""

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


def present(kind: str) -> str:
    return (
        f"spec.source.{kind} can neither be added nor removed once the artifact is pinned: make a new version instead"
    )


def once_pinned(field: str) -> str:
    return f"{field.rpartition('.')[2]} is immutable once the artifact is pinned: make a new version instead"
