"""Every reason that stops something has a remedy."""

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.conditions import STALLING
from aiapp.domain.details.remedies import OF_APPLICATIONS, OF_VERSIONS, remedy


@pytest.mark.parametrize("reason", sorted(STALLING))
def test_a_reason_that_a_person_has_to_act_on_says_how(reason: Reason) -> None:
    assert reason in OF_VERSIONS or reason in OF_APPLICATIONS


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        pytest.param(Reason.ENDPOINT_UNREACHABLE, "compare its address", id="a wrong address never begins to run"),
        pytest.param(Reason.MODEL_FILES_MISSING, "name the folder", id="an input of a template is no package"),
    ],
)
def test_a_remedy_suits_every_source_that_its_reason_is_said_of(reason: Reason, words: str) -> None:
    assert words in (remedy(reason, "mnist", of=OF_VERSIONS) or "")


def test_a_remedy_names_the_application_and_is_none_for_what_is_not_known() -> None:
    assert remedy("AwaitingApproval", "mnist", of=OF_APPLICATIONS) == "`aiapp rollout approve mnist`"
    assert remedy("OfALaterRelease", "mnist", of=OF_APPLICATIONS) is None
    assert remedy("Normal", "mnist", of=OF_VERSIONS) is None
