"""Calls of an application, added up over the metrics of its pods."""

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.details.calls import Calls, VersionCalls, counted
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.kubernetes.resources import APPLICATIONS, PODS, Json
from aiapp.domain.rendering.pod.engine import NO_METRICS
from aiapp.ports.kubernetes import ProxiedResponse
from aiapp.queries.calls import MOST_PODS, calls
from aiapp.queries.cluster import UserCluster
from aiapp.serve.server.metrics import Gauges, Metrics

COUNTERS = Metrics([("application", "mnist"), ("version", "1.0.0")])
for route, status in (("/", 200), ("/", 200), ('/a",status="200', 500), ("/", 499)):
    COUNTERS.observe(route, status, "", 0.1)
TEXT = COUNTERS.text(Gauges(0, 0, 0, 0, 1, 1, {}))


def pod(name: str, version: str = "1.0.0", ready: str = "True", annotations: Json | None = None) -> Json:
    return {
        "metadata": {"name": name, "labels": version_labels("mnist", version), "annotations": annotations},
        "spec": {"containers": [{"name": "model", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def objects(*pods: Json, text: str = TEXT) -> UserObjects:
    found = UserObjects({APPLICATIONS: [documents.application()], PODS: list(pods)})
    found.pods = {f"{one['metadata']['name']}:8080": ProxiedResponse(200, {}, text.encode()) for one in pods}
    return found


async def asked(api: UserObjects) -> Calls:
    return await calls(UserCluster(api, "team"), "mnist")


async def test_calls_are_added_up_by_version() -> None:
    found = await asked(objects(pod("a"), pod("b"), pod("c", "1.1.0"), pod("d", ready="False")))
    assert found == Calls((VersionCalls("1.0.0", 2, 8, 4), VersionCalls("1.1.0", 1, 4, 2)), pods=3)
    assert found.uncounted == 0


async def test_pods_that_do_not_answer_or_are_too_many_are_not_in_the_sums() -> None:
    api = objects(pod("a"), pod("b"))
    api.pods["b:8080"] = ProxiedResponse(503, {}, b"")
    assert ((await asked(api)).versions[0].pods, (await asked(api)).uncounted) == (1, 1)
    many = await asked(objects(*(pod(f"p{place}") for place in range(MOST_PODS + 5))))
    assert (many.versions[0].pods, many.uncounted) == (MOST_PODS, 5)


async def test_a_missing_right_is_said_and_no_pod_is_asked() -> None:
    api = objects(pod("a"))
    api.pods, api.denied = {}, frozenset({("get", PODS.plural)})
    assert (await asked(api)).absence == "NoRight"
    api.forbidden = frozenset({PODS})
    assert (await asked(api)).absence == "NoRight"


@pytest.mark.parametrize(
    ("pods", "absence"),
    [((), "NoPods"), ((pod("a", ready="False"),), "NoPods"), ((pod("a", annotations=NO_METRICS),), "NoMetrics")],
)
async def test_why_there_are_no_counts_is_said(pods: tuple[Json, ...], absence: str) -> None:
    assert (await asked(objects(*pods))).absence == absence


async def test_metrics_of_another_server_are_no_counts() -> None:
    assert (await asked(objects(pod("a"), text="vllm_requests_total 3\n"))).absence == "NoMetrics"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (Metrics().text(Gauges(0, 0, 0, 0, 1, 1, {})), (0, 0)),
        ("", None),
        ('aiapp_model_requests_total{status="200"} NaN', None),
        ('aiapp_model_requests_total{status="200"} -1', None),
        (f'aiapp_model_requests_total{{status="200"}} {"9" * 5000}', None),
        ('aiapp_model_requests_total{status="ok"} 1', None),
        ('aiapp_model_requests_total{status="404"} 7', (7, 7)),
    ],
)
def test_what_strangers_write_is_counted_only_where_it_is_a_count(text: str, found: tuple[int, int] | None) -> None:
    assert counted(text) == found
