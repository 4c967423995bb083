"""What the API server refuses, and the words in which a person reads it. Every rule of every CRD has a row."""

import pytest
from tests.support.application_refusals import IN_APPLICATION, behind, served
from tests.support.documents import ABSENT, Document, application, changed, runtime, version
from tests.support.immutable_fields import (
    EXEML_ONCE_PINNED,
    IMAGE_ONCE_PINNED,
    JOB_ONCE_PINNED,
    ONCE_MADE,
    ONCE_PINNED,
    SET_ONCE,
    TEMPLATE_ONCE_PINNED,
    once_pinned,
    present,
)
from tests.support.kube import ApiError, Kube
from tests.support.refusal_words import IMAGE, RUNTIME_RULE
from tests.support.server_refusals import IN_SERVER, files_of_160_kib, serving
from tests.support.template_refusals import IN_TEMPLATE
from tests.support.version_refusals import IN_VERSION, NO_SOURCE

from aiapp.api import crd
from aiapp.api.meta import RULES
from aiapp.api.schema import nodes
from aiapp.api.source import FIXED_FIELDS

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


def refusals(kube: Kube, document: Document, namespace: str) -> dict[str, str]:
    """Field and words of every cause for which the document is refused."""
    with pytest.raises(ApiError) as refused:
        kube.create(document, namespace)
    assert refused.value.status == 422, refused.value.message
    return {cause["field"]: cause["message"] for cause in refused.value.body["details"]["causes"]}


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
        pytest.param(serving(files=files_of_160_kib()), id="files that pods can just have as annotations"),
    ],
)
def test_what_keeps_the_rules_is_accepted(kube: Kube, namespace: str, document: Document) -> None:
    assert kube.create(document, namespace)["metadata"]["uid"]


def test_every_rule_of_every_crd_has_a_row() -> None:
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
