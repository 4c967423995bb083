"""What an application and its versions say of each other, by the operator at work."""

from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually


def used_by(registry: Registry, version: Object) -> list[str]:
    names: list[str] = registry.now(version)["status"].get("usedBy", [])
    return names


def test_an_application_lists_its_versions_and_they_say_that_it_serves_them(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application()
    registry.until(version, "Ready", "True")
    registry.until(application, "VersionsResolved", "True")
    eventually(lambda: "rolledOutAt" in registry.now(application)["status"]["versions"][0])
    (listed,) = registry.now(application)["status"]["versions"]
    status = registry.now(version)["status"]
    assert (listed["phase"], listed["sourceType"], listed["bytes"]) == ("Normal", "Obs", status["artifact"]["bytes"])
    assert (listed["runtime"], listed["verdict"]) == (status["runtime"]["name"], status["compatibility"]["verdict"])
    eventually(lambda: used_by(registry, version) == ["mnist"])
    registry.kube.patch(application, {"spec": {"serving": None}})
    eventually(lambda: used_by(registry, version) == [])
    registry.kube.patch(application, {"spec": {"serving": {"versions": [{"version": "1.0.0", "replicas": 0}]}}})
    eventually(lambda: used_by(registry, version) == ["mnist"])
    registry.kube.delete(application)
    eventually(lambda: used_by(registry, version) == [])
