"""Every reason that stops something has a remedy."""

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.conditions import STALLING
from aiapp.domain.details.remedies import OF_APPLICATIONS, OF_VERSIONS, remedy


@pytest.mark.parametrize("reason", sorted(STALLING))
def test_a_reason_that_a_person_has_to_act_on_says_how(reason: Reason) -> None:
    assert reason in OF_VERSIONS or reason in OF_APPLICATIONS


def test_a_remedy_names_the_application_and_is_none_for_what_is_not_known() -> None:
    assert remedy("AwaitingApproval", "mnist", of=OF_APPLICATIONS) == "`aiapp rollout approve mnist`"
    assert remedy("OfALaterRelease", "mnist", of=OF_APPLICATIONS) is None
    assert remedy("Normal", "mnist", of=OF_VERSIONS) is None
