"""What an application may not add beside a model of ExeML. A new field has to be thought of here."""

import re
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel

from aiapp.api.pod import PodOptions
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.source import Source
from aiapp.api.version import VersionSpec
from aiapp.domain.exeml.access import TicketAccess, forbidden
from aiapp.domain.exeml.record import FOR_PEOPLE

HARMLESS: Final[dict[type[BaseModel], set[str]]] = {
    ServedVersion: {"version", "weight", "replicas", "resources", "npu", "autoscaling", "workers", "shared_memory"},
    PodOptions: {"labels", "annotations", "termination_grace_period_seconds"},
    Serving: {
        *("versions", "stopped", "compatibility", "deploy_timeout_seconds", "strategy", "gateway", "pod", "limits"),
        *("auto_stop_after_seconds", "scheduling", "disruption_budget"),
    },
}
"""Fields that bring no code, no file and no variable of a user's into a pod."""
REFUSED: Final[dict[type[BaseModel], set[str]]] = {
    ServedVersion: {"env"},
    PodOptions: {"env_from", "claims"},
    Serving: set(),
}
POLICY: Final = Path(__file__).parents[4] / "charts/aiapp-operator/templates/admission/exeml.yaml"


@pytest.mark.parametrize("model", HARMLESS, ids=lambda model: model.__name__)
def test_every_field_of_an_application_is_either_refused_or_harmless(model: type[BaseModel]) -> None:
    assert set(model.model_fields) == HARMLESS[model] | REFUSED[model]


def test_the_policy_knows_every_field_of_a_versions_spec() -> None:
    held = {"application", "version", "source", "runtime", "container"}
    assert set(VersionSpec.model_fields) == held | set(FOR_PEOPLE)
    policy = POLICY.read_text("utf-8")
    named = set(re.findall(r"object\.spec\.source\.(\w+)", policy))
    assert named == {field.alias or name for name, field in Source.model_fields.items()} | {"trainingJob"} - {
        "training_job"
    }


def test_an_application_that_adds_nothing_is_served() -> None:
    assert forbidden(ServedVersion(version="1.0.0"), Serving(versions=(ServedVersion(version="1.0.0"),))) is None


def test_another_server_or_authority_is_told_apart() -> None:
    ours = TicketAccess("https://a:1", "PEM")
    assert ours.fingerprint == TicketAccess("https://a:1", "PEM").fingerprint
    assert ours.fingerprint not in {
        TicketAccess("https://b:1", "PEM").fingerprint,
        TicketAccess("https://a:1", "X").fingerprint,
    }
