"""What of a version the API server does not let change."""

from typing import Any

import pytest
from tests.support.documents import ABSENT, Document, changed, version
from tests.support.immutable_fields import (
    EXEML_ONCE_PINNED,
    IMAGE_ONCE_PINNED,
    JOB_ONCE_PINNED,
    ONCE_MADE,
    ONCE_PINNED,
    OTHER_RUNTIME,
    SET_ONCE,
    TEMPLATE_ONCE_PINNED,
    once_pinned,
    present,
)
from tests.support.kube import ApiError, Kube
from tests.support.version_refusals import FROM_IMAGE, OF_EXEML, OF_TEMPLATE

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
