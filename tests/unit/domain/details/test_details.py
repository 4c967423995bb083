"""The details pages, from stored objects."""

from datetime import datetime
from typing import Any

from tests.support import documents
from tests.support.documents import changed
from tests.support.records import (
    IMAGE,
    NORMAL,
    SKLEARN,
    condition,
    custom_version,
    fresh_version,
    image_version,
    stored,
)

from aiapp.api.application import AIApplication
from aiapp.domain.details.application import application_details
from aiapp.domain.details.version import version_details
from aiapp.domain.records import ApplicationRecord, VersionRecord

MODEL: Any = {
    "type": "PyTorch",
    "algorithm": "image_classification",
    "metrics": {"f1": "0.98"},
    "apis": [{"method": "POST", "url": "/", "requestContentType": "application/json"}],
    "dependencies": ["numpy==1.26.0"],
    "health": {"checkMethod": "HTTP", "url": "/ready", "periodSeconds": 7},
    "repaired": ["config.json /apis/0: item is read as items"],
}
COMPATIBILITY: Any = {
    "verdict": "Compatible",
    "nodes": 3,
    "compatible": 1,
    "reasons": [{"reason": "ChipMismatch", "nodes": 2, "examples": ["a", "b"]}],
    "nearFits": [{"missing": "CannTooNew", "nodes": 1, "examples": ["c"], "remedy": "a driver of 23.0"}],
}
RUNTIME: Any = {
    "name": SKLEARN,
    "image": "r/sklearn:1",
    "lifecycle": "Supported",
    "architecture": "arm64",
    "hardware": "CANN 6.3.0",
}


def version(status: Any = None, **changes: Any) -> VersionRecord:
    return VersionRecord.parse(stored(changed(documents.version(), **changes), status={**NORMAL, **(status or {})}))


def application(serving: Any, **status: Any) -> AIApplication:
    return AIApplication.model_validate(stored(changed(documents.application(), spec__serving=serving), status=status))


def test_the_page_of_a_version_has_what_is_known_of_it() -> None:
    found = version_details(
        version(
            {"model": MODEL, "runtime": RUNTIME, "compatibility": COMPATIBILITY},
            spec__displayName="Digits",
            spec__description="Reads digits",
            spec__documents=[{"name": "Card", "url": "https://example.com/card"}],
            spec__container={
                "resources": {"requests": {"cpu": 2, "memory": "4Gi"}},
                "npu": {"count": 2},
                "sharedMemory": "1Gi",
            },
        ),
        None,
    )
    overview, constraint = found.overview, found.constraint
    assert (overview.name, overview.id, overview.phase, overview.reason) == (
        "mnist-1.0.0",
        "uid-mnist-1.0.0",
        "Normal",
        "Normal",
    )
    assert (overview.display_name, overview.description) == ("Digits", "Reads digits")
    assert [one.url for one in overview.documents] == ["https://example.com/card"]
    assert (overview.size, overview.files, overview.engine, overview.source_type) == ("3.0 MiB", 3, "PyTorch", "Obs")
    assert overview.inference_code == "obs://models/mnist/1.0.0/model/customize_service.py"
    assert (overview.image, overview.deployment_types) == ("r/sklearn:1", ("RealTime",))
    assert found.precision == {"f1": "0.98"}
    assert [(one.method, one.url) for one in found.parameters] == [("POST", "/")]
    assert found.dependencies == ("numpy==1.26.0",)
    assert found.health.config is not None
    assert found.health.config.url == "/ready"
    assert found.repaired == ("config.json /apis/0: item is read as items",)
    assert (constraint.architectures, constraint.accelerator) == (("arm64",), "CANN 6.3.0")
    assert (constraint.specification.requests, constraint.specification.npus) == ({"cpu": "2", "memory": "4Gi"}, 2)
    assert constraint.compatibility is not None
    assert [near.remedy for near in constraint.compatibility.near_fits] == ["a driver of 23.0"]


def test_the_page_of_an_image_has_its_address_and_platforms() -> None:
    found = version_details(
        image_version(spec__container={"command": ["serve"], "args": ["-p", "9000"], "port": 9000}), None
    )
    assert (found.overview.engine, found.overview.image, found.overview.files) == ("Image", IMAGE["image"], None)
    assert found.overview.replicated is False
    assert (found.overview.command, found.overview.port) == (("serve", "-p", "9000"), 9000)
    assert (found.constraint.architectures, found.overview.inference_code) == (("amd64",), None)


def test_a_package_with_an_image_of_its_own_has_no_code_that_the_platform_runs() -> None:
    found = version_details(custom_version(), None)
    assert (found.overview.image, found.overview.inference_code) == (IMAGE["image"], None)


def test_a_version_that_nobody_has_looked_at_has_a_page() -> None:
    found = version_details(fresh_version(), None)
    assert (found.overview.phase, found.findings, found.constraint.compatibility) == (None, (), None)


def test_a_fault_has_a_remedy_and_summaries_are_no_faults() -> None:
    faulty = [
        condition("SourceResolved", "False", "AccessDenied", "the store refused the key"),
        condition("PackageValid", "Unknown", "Pending", "waits for SourceResolved"),
        condition("Ready", "False", "AccessDenied", "the store refused the key"),
        condition("Reconciling", "True", "AccessDenied"),
    ]
    found = version_details(version({"conditions": faulty}), None)
    faults = [one for one in found.findings if one.is_fault]
    assert [(one.type, one.remedy) for one in faults] == [
        ("SourceResolved", "compare uri, endpoint and region with the store; the key has to list and to get objects"),
        ("PackageValid", None),
    ]


def test_services_are_the_applications_that_name_the_version() -> None:
    serving = {"versions": [{"version": "1.0.0", "weight": 90}, {"version": "1.1.0", "weight": 10}], "stopped": True}
    traffic = [{"version": "1.0.0", "weight": 90, "actualWeight": 80, "replicas": 2, "ready": 1}]
    (use,) = version_details(version(), application(serving, traffic=traffic, phase="Stopped")).services
    assert (use.application, use.weight, use.actual_weight, use.ready, use.stopped) == ("mnist", 90, 80, 1, True)
    other = application({"versions": [{"version": "2.0.0"}]})
    assert version_details(version(), other).services == ()


def test_the_page_of_an_application_has_its_versions_newest_first() -> None:
    raw = stored(
        documents.application(),
        status={
            "phase": "Running",
            "served": "1.0.0",
            "url": "http://mnist.team",
            "replicas": 2,
            "readyReplicas": 1,
            "conditions": [condition("Ready", "False", "ReplicasUnavailable", "1 of 2 pods are ready")],
        },
    )
    own = [stored(documents.version("mnist", number), status=NORMAL) for number in ("1.9.0", "1.10.0")]
    found = application_details(ApplicationRecord.parse(raw), [*own, stored(documents.version("zoo"))])
    assert [one.version for one in found.versions] == ["1.10.0", "1.9.0"]
    assert (found.overview.phase, found.overview.ready, found.overview.url) == ("Running", 1, "http://mnist.team")
    assert found.overview.created == datetime.fromisoformat("2026-01-02T03:04:05Z")
    assert found.findings[0].remedy == "look at `kubectl get pods -l aiapp.dev/application=mnist`"
    assert found.serving == {"versions": [{"version": "1.0.0"}]}
