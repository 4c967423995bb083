"""Jobs that real pods run, and that are cleaned up before or after anybody read them."""

import pytest
from tests.e2e.training.provenance import TRAINED_SECONDS, predicate_of
from tests.support import train_line
from tests.support.operator import Operator
from tests.support.trainer import Trainer
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import host_architecture

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_what_ran_is_known_however_soon_the_job_is_cleaned_up(
    trainer: Trainer, operator: Operator, seconds: int
) -> None:
    version = trainer.version()
    trainer.job(ttlSecondsAfterFinished=seconds)
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    status = trainer.registry.now(version)["status"]
    (node,) = status["provenance"]["nodes"]
    assert node["architecture"] == host_architecture()
    assert status["model"]["metrics"] == {"slope": str(train_line.fitted(7)["slope"])}
    made = predicate_of(trainer, version)["buildDefinition"]
    (container,) = made["externalParameters"]["containers"]
    assert [one for one in container["env"] if "value" in one] == [{"name": "SEED", "value": "7"}]
    assert operator.health("/healthz")[0] == 200


def test_a_job_that_ends_and_goes_while_no_operator_runs_says_what_is_lost(
    trainer: Trainer, operator: Operator
) -> None:
    version = trainer.version()
    job = trainer.job(env={"SECONDS_MORE": "15"}, ttlSecondsAfterFinished=0)
    eventually(lambda: "digest" in trainer.provenance(version).get("images", [{}])[0], timeout=TRAINED_SECONDS)
    operator.kill()
    eventually(lambda: trainer.gone(job), timeout=TRAINED_SECONDS)
    operator.start()
    found = trainer.registry.until(version, "SourceResolved", "False", "TrainingJobGone")
    assert job["metadata"]["uid"] in found["message"]
    assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]
