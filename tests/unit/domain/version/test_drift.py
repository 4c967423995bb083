"""What pods hint at."""

from typing import Any

from tests.support.records import pod

from aiapp.domain.version.drift import suspects


def ended(reason: str) -> dict[str, Any]:
    terminated = {"exitCode": 3, "message": f'{{"reason": "{reason}", "message": "x"}}'}
    return {"initContainerStatuses": [{"name": "fetch", "state": {"terminated": terminated}}]}


def test_a_version_is_suspected_only_when_a_fetch_found_another_content() -> None:
    pods = [
        pod("1.0.0", "one", **ended("ContentChanged")),
        pod("1.1.0", "two", **ended("AccessDenied")),
        pod("1.2.0", "three"),
    ]
    assert suspects(pods) == {"1.0.0"}
