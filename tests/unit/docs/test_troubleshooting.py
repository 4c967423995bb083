"""The page on troubleshooting leads to every reason that a user may have to act on."""

from tests.support.pages import ROOT, links

from aiapp.api.conditions import Reason
from aiapp.api.reference import _groups

PAGE = ROOT / "docs/how-to/troubleshooting.md"
FINE = {
    "Managed",
    "Deploying",
    "Running",
    "Beside",
    "RolloutProgressing",
    "RolloutPaused",
    "Registered",
}
"""Beside those of progress and success: reasons of what goes well."""


def test_every_reason_that_something_is_wrong_is_on_the_page() -> None:
    listed = {target.partition("#")[2] for target in links(PAGE.read_text("utf-8"))}
    wrong = [
        word for group, reasons in _groups(Reason).items() if not group.startswith("Progress") for word, _ in reasons
    ]
    assert len(wrong) > 40
    assert [word for word in wrong if word not in FINE and word.lower() not in listed] == []
