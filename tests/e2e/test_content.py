"""What a pod serves when the store or the package is not what it should be."""

from collections.abc import Callable

import pytest
from tests.e2e.serving import RUNNING_SECONDS, SERVICE, Serving
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)


def test_a_killed_pod_comes_back_with_the_same_content(serving: Serving) -> None:
    serving.deployed("one")
    (pod,) = serving.pods()
    serving.kill(pod)
    _until_replaced(serving, pod["metadata"]["uid"])
    assert serving.ask() == "one"


def test_a_versioned_bucket_goes_on_serving_what_was_pinned(make_serving: Callable[..., Serving]) -> None:
    serving = make_serving(versioned=True)
    serving.deployed("one")
    serving.upload("1.0.0", "replaced")
    (pod,) = serving.pods()
    serving.kill(pod)
    _until_replaced(serving, pod["metadata"]["uid"])
    assert serving.ask() == "one"


def test_an_object_replaced_in_an_unversioned_bucket_is_named_and_never_served(serving: Serving) -> None:
    application = serving.deployed("one")
    serving.upload("1.0.0", "replaced")
    (pod,) = serving.pods()
    serving.kill(pod)
    found = serving.registry.until(
        application, "WorkloadsAvailable", "False", "ContentChanged", timeout=RUNNING_SECONDS
    )
    assert "model.pkl" in found["message"]
    (pod,) = serving.pods()
    assert "running" not in pod["status"]["containerStatuses"][0]["state"]


def test_a_library_that_the_image_lacks_is_named(serving: Serving) -> None:
    serving.upload("1.0.0", "one", f"import flux_capacitor\n{SERVICE}")
    serving.register()
    application = serving.serve()
    found = serving.registry.until(application, "WorkloadsAvailable", "False", "StartFailed", timeout=RUNNING_SECONDS)
    assert "flux_capacitor" in found["message"]
    assert "customize_service.py" in found["message"]


def _until_replaced(serving: Serving, uid: str) -> None:
    """Until the Service leads to another pod."""
    eventually(lambda: serving.reached() - {uid}, timeout=RUNNING_SECONDS)
