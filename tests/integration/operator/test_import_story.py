"""The Events of a version tell its import: what began, what is wrong and where, what came of it."""

import json

from tests.support.kube import Object
from tests.support.packages import CONFIG, Registry, package, upload
from tests.support.waiting import eventually


def told(registry: Registry) -> dict[str, Object]:
    """Events about the version by reason, but for the one that tells that a slow import goes on."""
    events = registry.kube.list("v1", "Event", registry.namespace)
    about = {e["reason"]: e for e in events if e["involvedObject"]["name"] == "mnist-1.0.0"}
    about.pop("ImportStarted", None)
    return about


def test_a_faulty_package_tells_its_fault_and_then_its_success(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package(model__config_json=json.dumps(CONFIG | {"model_algorithm": "9lives"})))
    version = registry.version()
    registry.until(version, "Ready", "False", "ConfigInvalid")
    assert eventually(lambda: set(told(registry)) == {"ConfigInvalid"})
    fault = told(registry)["ConfigInvalid"]
    assert fault["type"] == "Warning"
    assert "model/config.json /model_algorithm: '9lives' must be a text that starts with a letter" in fault["message"]
    upload(registry.bucket, "mnist", package(model__config_json=json.dumps(CONFIG | {"model_type": "scikit-learn"})))
    registry.look_again(version, "now")
    registry.until(version, "Ready", "True", "Normal")
    assert eventually(lambda: set(told(registry)) == {"ConfigInvalid", "Normal"})
    story = told(registry)["Normal"]["message"]
    assert "; model files pinned: 3 files, " in story
    assert story.endswith("Scikit_Learn, image_classification; 1 value read leniently, see status.model.repaired")
