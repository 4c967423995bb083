"""What several checks come to together."""

from typing import Literal

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.offline.report import Checked, CheckExitCode, exit_code, of_package
from aiapp.domain.package.inspection import Unresolved

Outcome = Literal["accepted", "refused", "unknown"]


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        pytest.param(["accepted", "accepted"], CheckExitCode.OK, id="all accepted"),
        pytest.param(["accepted", "unknown"], CheckExitCode.UNKNOWN, id="one was not checked"),
        pytest.param(["unknown", "refused"], CheckExitCode.REFUSED, id="a refusal counts more"),
    ],
)
def test_the_exit_code_tells_the_worst(outcomes: list[Outcome], code: CheckExitCode) -> None:
    assert exit_code(Checked("x", outcome, "") for outcome in outcomes) is code


@pytest.mark.parametrize(
    ("reason", "retryable", "outcome"),
    [
        pytest.param(Reason.PREFIX_EMPTY, False, "refused", id="nothing there is a fault of the package"),
        pytest.param(Reason.LIMIT_EXCEEDED, False, "refused", id="so is too much"),
        pytest.param(Reason.LIMIT_EXCEEDED, True, "unknown", id="a store that is too slow is none"),
        pytest.param(Reason.ACCESS_DENIED, False, "unknown", id="nor is a wrong key"),
        pytest.param(Reason.LISTING_UNSTABLE, True, "unknown", id="nor is an upload under way"),
    ],
)
def test_who_is_at_fault_decides_between_a_refusal_and_no_verdict(
    reason: Reason, *, retryable: bool, outcome: Outcome
) -> None:
    found = of_package("x", Unresolved(reason, "words", retryable))
    assert (found.outcome, found.reason, found.message) == (outcome, reason, "words")
