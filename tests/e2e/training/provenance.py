"""What is kept of what a job ran."""

import json
from typing import Final

from tests.support.kube import Object
from tests.support.trainer import Trainer

TRAINED_SECONDS: Final = 300


def predicate_of(trainer: Trainer, version: Object) -> Object:
    """The provenance that is kept of it."""
    known = trainer.registry.now(version)["status"]["provenance"]
    record = trainer.registry.find("v1", "ConfigMap", known["record"]["name"])
    assert record is not None
    found: Object = json.loads(record["data"]["predicate.json"])
    return found
