"""Jobs that real pods run and that register themselves, however soon they are cleaned up."""

import pytest
from tests.e2e.training.provenance import TRAINED_SECONDS, predicate_of
from tests.support.live_jobs import permit
from tests.support.trainer import Trainer
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_job_that_trained_is_the_next_version_with_what_its_pods_ran(trainer: Trainer, seconds: int) -> None:
    registry = trainer.registry
    permit(registry)
    said = {
        "aiapp.dev/application": "mnist",
        "aiapp.dev/version": "auto",
        "aiapp.dev/endpoint": registry.bucket.endpoint,
        "aiapp.dev/credentials-secret": "store",
        "aiapp.dev/recorded-env": "SEED",
    }
    job = trainer.job(annotations=said, ttlSecondsAfterFinished=seconds)
    version = eventually(
        lambda: registry.find(GROUP_VERSION, "AIApplicationVersion", "mnist-0.0.1"), timeout=TRAINED_SECONDS
    )
    assert version is not None
    registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    predicate = predicate_of(trainer, version)
    assert predicate["runDetails"]["metadata"]["invocationId"] == job["metadata"]["uid"]
    (container,) = predicate["buildDefinition"]["externalParameters"]["containers"]
    assert [one for one in container["env"] if "value" in one] == [{"name": "SEED", "value": "7"}]
    assert len(registry.kube.list(GROUP_VERSION, "AIApplicationVersion", registry.namespace)) == 1
