"""Nothing that users read tells where a model of ExeML lies."""

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.exeml.hiding import OWN_IMAGE, redacted, secret_words, without_place
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Invalid, Unresolved, Waiting

WHERE = Location("exeml", "projects/team/run-1/", "https://obs.lan:8443")
HIDDEN = secret_words(WHERE, "exeml-keys")


@pytest.mark.parametrize(
    "message",
    [
        "obs.lan:8443 denies reading object 'projects/team/run-1/model/x' in bucket exeml: the access key lacks it",
        "neither config.json nor model/config.json exists in obs://exeml/projects/team/run-1/",
        "Secret exeml-keys does not exist in namespace aiapp-system",
        "no address of obs.lan answers",
        "the bucket 'exeml' is not in region 'a' of obs.lan:8443",
    ],
)
def test_bucket_folder_host_and_secret_are_taken_out_of_a_message(message: str) -> None:
    for found in (
        without_place(Unresolved(Reason.ACCESS_DENIED, message, retryable=True), HIDDEN),
        without_place(Invalid("obs://exeml/", "l", Reason.CONFIG_MISSING, message), HIDDEN),
        without_place(Waiting(Reason.TRAINING_OUTPUT_PENDING, message), HIDDEN),
    ):
        assert isinstance(found, Unresolved | Invalid | Waiting)
        for word in ("exeml", "projects/team", "obs.lan", "8443"):
            assert word not in found.message


def test_what_is_said_beside_them_stays() -> None:
    assert redacted("config.json breaks a rule", HIDDEN) == "config.json breaks a rule"
    assert "swr_location" in OWN_IMAGE
