"""The weights of an application, as a real gateway carries them out."""

from collections import Counter
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from tests.e2e.serving import RUNNING_SECONDS
from tests.peers.gateway.routed import Routed
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

REQUESTS = 2000
OFF_BY = 2
"""Requests: a gateway may begin anywhere in its round."""


def test_shares_are_exact(serving: Routed) -> None:
    two_versions(serving)
    for one, two in ((90, 10), (99, 1), (100, 0), (50, 50)):
        serving.split(("1.0.0", 1, one), ("1.1.0", 1, two))
        eventually(lambda one=one, two=two: _shares(serving) == (one, two), timeout=RUNNING_SECONDS)  # type: ignore[misc]
        eventually(lambda one=one: _answers(serving, 200)["one"] == 2 * one)  # type: ignore[misc]
        seen = _answers(serving, REQUESTS)
        assert seen.total() == REQUESTS
        assert seen["one"] == pytest.approx(REQUESTS * one // 100, abs=OFF_BY)
        assert seen["two"] == pytest.approx(REQUESTS * two // 100, abs=OFF_BY)


def two_versions(serving: Routed) -> None:
    """Versions 1.0.0 and 1.1.0, each with one ready pod and half of the traffic."""
    for number, content in (("1.0.0", "one"), ("1.1.0", "two")):
        serving.upload(number, content)
        serving.register(number)
    serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
    serving.until_running("1.0.0", "1.1.0")


def _shares(serving: Routed) -> tuple[int, int]:
    """What the application says that its two versions get."""
    found = serving.registry.find("aiapp.dev/v1alpha1", "AIApplication", "echo")
    assert found is not None
    one, two = (traffic["actualWeight"] for traffic in found["status"]["traffic"])
    return one, two


def _answers(serving: Routed, requests: int) -> Counter[str]:
    """So many requests over one connection; how often each answer came."""
    gateway = urlsplit(serving.url)
    assert gateway.hostname
    connection = HTTPConnection(gateway.hostname, gateway.port, timeout=30)
    seen: Counter[str] = Counter()
    for _ in range(requests):
        connection.request("POST", "/", b"{}", {"Host": serving.hostname, "Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read().decode()
        seen[body.split('"')[3] if answer.status == 200 else f"{answer.status} {body}"] += 1
    connection.close()
    return seen
