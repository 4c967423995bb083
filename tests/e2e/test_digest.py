"""The digest of a content on its way through a real pod: learnt from the first, demanded of the next."""

import hashlib
import json
from typing import Any

import pytest
from tests.e2e.serving import NAME, RUNNING_SECONDS, SERVICE, Serving
from tests.support.kube import Object
from tests.support.packages import package
from tests.support.waiting import eventually

from aiapp.domain.artifact.manifest import Hashed, content_digest

pytestmark = pytest.mark.timeout(600)


def test_the_first_pod_tells_the_content_and_the_next_one_is_held_to_it(serving: Serving) -> None:
    serving.deployed("one")

    def artifact() -> Object:
        name = f"{NAME}-1.0.0"
        found: Object = serving.registry.kube.get(
            "aiapp.dev/v1alpha1", "AIApplicationVersion", name, serving.registry.namespace
        )["status"]["artifact"]
        assert "verifiedAt" in found
        return found

    found = eventually(artifact)
    assert (found["digest"], found["digestFrom"], found["verification"]) == (digest_of("one"), "Fetch", "SHA256")
    (first,) = serving.pods()
    assert told(first)["verified"] == "ETag"
    serving.kill(first)
    eventually(lambda: serving.reached() - {first["metadata"]["uid"]}, timeout=RUNNING_SECONDS)
    (second,) = serving.pods()
    assert (told(second)["verified"], told(second)["digest"]) == ("SHA256", digest_of("one"))


def test_a_pod_that_fetches_another_content_than_stated_never_serves_it(serving: Serving) -> None:
    serving.upload("1.0.0", "one")
    uri = f"obs://{serving.registry.bucket.name}/{NAME}/1.0.0/"
    stated = digest_of("another")
    serving.registry.version(NAME, "1.0.0", obs={"uri": uri, "digest": stated}, runtime=serving.images.cpu_runtime)
    application = serving.serve()
    found = serving.registry.until(
        application, "WorkloadsAvailable", "False", "DigestMismatch", timeout=RUNNING_SECONDS
    )
    assert stated in found["message"]
    assert digest_of("one") in found["message"]
    (pod,) = serving.pods()
    assert "running" not in pod["status"]["containerStatuses"][0]["state"]


def digest_of(content: str) -> str:
    """Of a package that `Serving.upload` puts there, below its `model/`."""
    files = package(**{"model/customize_service.py": SERVICE, "model/model.pkl": content})
    hashed = (Hashed(p.removeprefix("model/"), len(d), hashlib.sha256(d).hexdigest()) for p, d in files.items())
    return content_digest(hashed)


def told(pod: Object) -> dict[str, Any]:
    """What its fetch told at its end."""
    (status,) = [s for s in pod["status"]["initContainerStatuses"] if s["name"] == "fetch"]
    found: dict[str, Any] = json.loads(status["state"]["terminated"]["message"])
    return found
