"""What kubectl shows of our kinds: explanations, names, columns, selectors; and that a status is kept whole."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from tests.support.documents import Document, application, changed, template, version
from tests.support.kube import Kube
from tests.support.whole_statuses import (
    APPLICATION_STATUS,
    PIN,
    RUNTIME,
    RUNTIME_STATUS,
    STATUSES,
    TEMPLATE_STATUS,
    VERSION_STATUS,
)

from aiapp.api import crd
from aiapp.api.meta import GROUP_VERSION, ApiModel
from aiapp.api.schema import nodes

ROOT = Path(__file__).parents[3]
CRDS = ROOT / "crds"
SAMPLES = ROOT / "manifests" / "samples"
Kubectl = Callable[..., CompletedProcess[str]]
KINDS = [pytest.param(kind, id=kind.name) for kind in crd.KINDS]


def dumped(status: ApiModel) -> Document:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def shown(kube: Kube, document: Document, status: ApiModel, namespace: str) -> Document:
    """The object as it is after its status was written."""
    kept = kube.apply(document, namespace)
    return kube.patch_status(kept, dumped(status))


def rows(kubectl: Kubectl, *arguments: str) -> list[dict[str, str]]:
    """The printed table, a mapping from heading to cell for each line (no cell of ours has two spaces in it)."""
    lines = kubectl("get", *arguments).stdout.splitlines()
    heads = lines[0].split()
    starts = [lines[0].index(f" {head} ") + 1 if index else 0 for index, head in enumerate([*heads[:-1]])]
    starts.append(len(lines[0]) - len(heads[-1]))
    ends: list[int | None] = [*starts[1:], None]
    cells = [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines[1:]]
    return [dict(zip(heads, line, strict=True)) for line in cells]


@pytest.mark.parametrize(("document", "status"), STATUSES)
def test_no_field_that_the_operator_writes_into_a_status_is_dropped(
    kube: Kube, namespace: str, document: Document, status: ApiModel
) -> None:
    assert shown(kube, document, status, namespace)["status"] == dumped(status)
    assert set(type(status).model_fields) == status.model_fields_set


@pytest.mark.parametrize(("document", "status"), STATUSES)
def test_a_status_given_with_the_object_is_ignored(
    kube: Kube, namespace: str, document: Document, status: ApiModel
) -> None:
    body = changed(document, metadata__name=document["metadata"]["name"], status=dumped(status))
    if body["kind"] == "InferenceRuntime":
        body = changed(body, metadata__name=(name := f"ignored-{namespace}"), spec__name=name)
    if body["kind"] == "InferenceTemplate":
        body = changed(body, metadata__name=f"ignored-{namespace}")
    (ready,) = kube.create(body, namespace)["status"]["conditions"]
    assert (ready["status"], ready["message"]) == ("Unknown", "the operator has not looked at it yet")


def test_the_columns_of_an_application(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, application(), APPLICATION_STATUS, namespace)
    (row,) = rows(kubectl, "aiapp", "-n", namespace, "-o", "wide")
    assert row.pop("AGE")
    assert row == {
        "NAME": "mnist",
        "SERVING": "1.0.0",
        "PHASE": "Running",
        "READY": "True",
        "REASON": "Normal",
        "REPLICAS": "2",
        "AVAILABLE": "1",
        "ROLLOUT": "step 1 of 2, paused",
        "LATEST": "1.0.0",
        "VERSIONS": "2",
        "URL": "http://mnist.default.svc:8080/",
    }


def test_the_columns_of_a_version(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, version(), VERSION_STATUS, namespace)
    (row,) = rows(kubectl, "aiappv", "-n", namespace)
    assert row.pop("AGE")
    assert row == {
        "NAME": "mnist-1.0.0",
        "MODEL": "PyTorch",
        "COMPATIBLE": "Compatible",
        "PHASE": "Normal",
        "READY": "True",
        "REASON": "Normal",
        "SIZE": "4.7 GiB",
        "USED-BY": "mnist",
    }
    (wide,) = rows(kubectl, "aiappv", "-n", namespace, "-o", "wide")
    assert (wide["RUNTIME"], wide["LIFECYCLE"], wide["PIN"]) == (
        "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64",
        "Supported",
        PIN,
    )


def test_the_columns_of_a_runtime(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    name = RUNTIME["metadata"]["name"]
    shown(kube, RUNTIME, RUNTIME_STATUS, namespace)
    (row,) = rows(kubectl, "infrt", name)
    assert row.pop("AGE")
    assert row == {
        "NAME": name,
        "LIFECYCLE": "Supported",
        "IMAGE": "localhost/columns:1",
        "ARCH": "amd64",
        "HARDWARE": "CPU",
    }


def test_the_plural_of_the_short_name_means_applications_alone(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    kube.apply(application(), namespace)
    kube.apply(version(), namespace)
    assert kubectl("get", "aiapps", "mnist", "-n", namespace, "-o", "name").stdout.split() == [
        "aiapplication.aiapp.dev/mnist"
    ]
    deleted = kubectl("delete", "aiapps", "--all", "-n", namespace, "--dry-run=server", "-o", "name").stdout.split()
    assert deleted == ["aiapplication.aiapp.dev/mnist"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        pytest.param("spec.application=mnist", ["mnist-1.0.0", "mnist-1.1.0"], id="one application"),
        pytest.param("spec.version=1.0.0", ["iris-1.0.0", "mnist-1.0.0"], id="one version number"),
        pytest.param("spec.application=mnist,spec.version=1.1.0", ["mnist-1.1.0"], id="both"),
    ],
)
def test_versions_are_selected_by_field(
    kube: Kube, kubectl: Kubectl, namespace: str, selector: str, found: list[str]
) -> None:
    for each in (version("mnist", "1.0.0"), version("mnist", "1.1.0"), version("iris", "1.0.0")):
        kube.apply(each, namespace)
    answer = kubectl("get", "aiappv", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
    assert sorted(line.rpartition("/")[2] for line in answer.split()) == found


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        pytest.param("status.phase=Normal", ["mnist-1.0.0"], id="phase"),
        pytest.param("status.phase=Importing,spec.application=mnist", ["mnist-1.1.0"], id="not looked at yet"),
        pytest.param("status.model.type=PyTorch", ["mnist-1.0.0"], id="engine"),
        pytest.param("status.runtime.name=pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64", ["mnist-1.0.0"], id="runtime"),
        pytest.param("status.compatibility.verdict!=Compatible", ["mnist-1.1.0"], id="no verdict"),
    ],
)
def test_versions_are_selected_by_what_became_of_them(
    kube: Kube, kubectl: Kubectl, namespace: str, selector: str, found: list[str]
) -> None:
    shown(kube, version("mnist", "1.0.0"), VERSION_STATUS, namespace)
    kube.apply(version("mnist", "1.1.0"), namespace)
    answer = kubectl("get", "aiappv", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
    assert sorted(line.rpartition("/")[2] for line in answer.split()) == found


def test_applications_are_selected_by_phase(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, application(), APPLICATION_STATUS, namespace)
    kube.apply(application("iris"), namespace)
    for selector, found in (("status.phase=Running", "mnist"), ("status.phase!=Running", "iris")):
        answer = kubectl("get", "aiapp", "-n", namespace, "--field-selector", selector, "-o", "name").stdout
        assert answer.split() == [f"aiapplication.aiapp.dev/{found}"]


@pytest.mark.parametrize("kind", KINDS)
def test_explain_names_every_field(kubectl: Kubectl, kind: crd.Kind) -> None:
    text = kubectl("explain", kind.short_names[0], "--recursive").stdout
    words = set(text.split())
    fields = {name for _, node in nodes(crd.schema(kind)) for name in node.get("properties", {})}
    assert fields - words == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_publishes_a_description_of_every_field(kube: Kube, kind: crd.Kind) -> None:
    page = kube.request("GET", f"/openapi/v3/apis/{GROUP_VERSION}")["components"]["schemas"]
    published: dict[str, Any] = page[f"dev.aiapp.v1alpha1.{kind.name}"]
    ours = {part: published["properties"][part] for part in ("spec", "status")}
    undescribed = [
        f"{path}.{name}"
        for part, schema in ours.items()
        for path, node in nodes(schema, part)
        for name, child in node.get("properties", {}).items()
        if not child.get("description")
    ]
    assert undescribed == []


def test_explain_prints_the_docstring_of_a_field(kubectl: Kubectl) -> None:
    text = " ".join(kubectl("explain", "aiappv.spec.source.obs.addressing").stdout.split())
    assert "How the bucket is named in requests: in the host (Virtual) or in the path (Path)." in text


def test_templates_are_listed_with_what_they_expect(kube: Kube, kubectl: Kubectl, namespace: str) -> None:
    shown(kube, template("listed"), TEMPLATE_STATUS, namespace)
    (row,) = rows(kubectl, "inftpl", "listed")
    assert {head: row[head] for head in ("ENGINE", "MODE", "READY")} == {
        "ENGINE": "Scikit_Learn",
        "MODE": "PredictiveAnalytics",
        "READY": "True",
    }


def test_the_folder_installs_by_apply_and_by_kustomize(kubectl: Kubectl) -> None:
    for flag in ("-f", "-k"):
        done = kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", flag, str(CRDS))
        assert done.stdout.count("serverside-applied") == len(crd.KINDS)


def test_the_samples_are_accepted(kubectl: Kubectl, namespace: str) -> None:
    done = kubectl("apply", "--server-side", "--dry-run=server", "-n", namespace, "-f", str(SAMPLES))
    assert done.stdout.count("aiapp.dev/") == 10
    assert done.stdout.count("networkpolicy.networking.k8s.io/") == 3
    assert done.stdout.count("validatingadmissionpolicy") == 6
