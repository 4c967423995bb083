"""A model of ExeML in memory: its version, where it lies, the keys of its store, and its record."""

from typing import Final

from tests.support import documents
from tests.support.documents import changed
from tests.support.world import MODELS, OPERATOR_NAMESPACE

from aiapp.domain.exeml.record import ModelRecord, record_object, spec_digest
from aiapp.domain.kubernetes.resources import Json

PLACE: Final = "projects/team/run-1/"
"""Below its bucket."""
JOB: Final = {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "u-1"}
VERSION: Final = changed(documents.version(), spec__source={"exeML": {"project": "mnist", "job": JOB}})
KEYS: Final[Json] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": MODELS.secret, "namespace": OPERATOR_NAMESPACE},
    "data": {"accessKeyId": "a2V5", "secretAccessKey": "c2VjcmV0LXZhbHVl"},
}
RECORD: Final = record_object(
    ModelRecord(
        namespace="team",
        version="mnist-1.0.0",
        job="u-1",
        spec=spec_digest(VERSION["spec"]),
        store="models",
        uri=f"obs://exeml-models/{PLACE}",
    ),
    OPERATOR_NAMESPACE,
)
