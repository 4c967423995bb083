"""What was pinned and what the store holds now: told by a condition, never touching what is Normal."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.kube import Object
from tests.support.operator import Operator
from tests.support.packages import Registry, keys, package, upload
from tests.support.waiting import eventually

Change = Callable[[Registry], None]
UNCHANGED = "SourceUnchanged"


def put(path: str, body: bytes) -> Change:
    return lambda registry: upload(registry.bucket, "mnist", {path: body})


def delete(path: str) -> Change:
    def change(registry: Registry) -> None:
        registry.bucket.client.delete_object(Bucket=registry.bucket.name, Key=f"mnist/{path}")

    return change


def pinned(registry: Registry) -> Object:
    """A version that is Normal."""
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    registry.until(version, "Ready", "True")
    return version


def look(registry: Registry, version: Object, token: str) -> Object:
    """The condition after a look on request."""
    registry.look_again(version, token)

    def answered() -> Object:
        assert registry.now(version)["status"].get("lastHandledReconcileAt") == token
        return registry.condition(version, UNCHANGED)

    return eventually(answered)


def test_the_import_is_the_first_look_and_nobody_looks_again_without_a_reason(registry: Registry) -> None:
    version = pinned(registry)
    now = registry.now(version)
    assert registry.condition(version, UNCHANGED)["status"] == "True"
    delete("model/model.pkl")(registry)
    upload(registry.bucket, "other", package())
    registry.until(registry.version("other"), "Ready", "True")
    assert registry.now(version) == now


@pytest.mark.parametrize(
    ("change", "back", "reason", "words"),
    [
        pytest.param(
            put("model/model.pkl", b"another"),
            put("model/model.pkl", b"weights"),
            "SourceLost",
            "replaced 'model.pkl'; 1 of 3 pinned files are gone",
            id="an object was replaced",
        ),
        pytest.param(
            delete("model/model.pkl"),
            put("model/model.pkl", b"weights"),
            "SourceLost",
            "removed 'model.pkl'; 1 of 3 pinned files are gone",
            id="an object was removed",
        ),
        pytest.param(
            put("model/more.pkl", b"more"),
            delete("model/more.pkl"),
            "SourceChanged",
            "added 'more.pkl'; every pinned file is still there",
            id="an object was added",
        ),
    ],
)
def test_drift_is_told_and_heals(registry: Registry, change: Change, back: Change, reason: str, words: str) -> None:
    version = pinned(registry)
    artifact = registry.now(version)["status"]["artifact"]
    assert look(registry, version, "1")["status"] == "True"
    change(registry)
    told = look(registry, version, "2")
    assert (told["status"], told["reason"]) == ("False", reason)
    assert words in told["message"]
    assert registry.condition(version, "Ready")["status"] == "True"
    assert registry.now(version)["status"]["artifact"] == artifact
    back(registry)
    assert look(registry, version, "3")["status"] == "True"


def test_a_versioned_bucket_still_has_what_was_pinned(registry: Registry) -> None:
    registry.bucket.client.put_bucket_versioning(
        Bucket=registry.bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    version = pinned(registry)
    upload(registry.bucket, "mnist", {"model/model.pkl": b"another"})
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("False", "SourceChanged")
    assert "replaced 'model.pkl'; every pinned file is still there as an earlier version" in told["message"]


def test_a_store_that_cannot_be_asked_is_unknown_and_asked_again(registry: Registry) -> None:
    version = pinned(registry)
    wrong = keys(replace(registry.bucket, secret_key="wrong"), registry.namespace)
    registry.kube.apply(wrong, force="true")
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("Unknown", "AccessDenied")
    assert registry.condition(version, "Ready")["status"] == "True"
    registry.kube.apply(keys(registry.bucket, registry.namespace), force="true")
    assert look(registry, version, "2")["status"] == "True"


def test_a_fetch_that_found_another_content_leads_to_a_look_at_once(registry: Registry) -> None:
    version = pinned(registry)
    registry.application()
    upload(registry.bucket, "mnist", {"model/model.pkl": b"another"})
    (pod,) = eventually(lambda: registry.kube.list("v1", "Pod", registry.namespace))
    ended = {"exitCode": 3, "message": '{"reason": "ContentChanged", "message": "model.pkl is another"}'}
    status = {"name": "fetch", "image": "none", "imageID": "", "ready": False, "restartCount": 1}
    state = {"initContainerStatuses": [status | {"state": {"terminated": ended}}]}
    registry.kube.patch_status(pod, state)
    told = registry.until(version, UNCHANGED, "False", "SourceLost")
    assert "replaced 'model.pkl'" in told["message"]


def test_it_is_looked_at_now_and_then_and_a_restart_writes_nothing(registry: Registry, operator: Operator) -> None:
    version = pinned(registry)
    operator.kill()
    often = replace(operator, environment={"AIAPP_DRIFT_SECONDS": "1"}).start()
    registry.until(version, UNCHANGED, "True")
    delete("model/model.pkl")(registry)
    registry.until(version, UNCHANGED, "False", "SourceLost")
    often.kill()
    left = registry.now(version)
    operator.start()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplicationVersion") > 0)
    assert registry.now(version) == left


def test_a_request_reads_a_faulty_package_again_though_its_listing_is_the_same(
    registry: Registry, operator: Operator
) -> None:
    upload(registry.bucket, "mnist", package(model__customize_service_py="def"))
    version = registry.version()
    registry.until(version, "PackageValid", "False", "ServiceCodeInvalid")
    registry.look_again(version, "1")
    eventually(lambda: registry.now(version)["status"].get("lastHandledReconcileAt") == "1")
