"""A real KEDA owns the number of pods: what it sets stays, and the application says so."""

import pytest
from tests.e2e.serving import NAME, Serving
from tests.peers.autoscaling.scaled import (
    COOL_DOWN_SECONDS,
    DEPLOYMENT,
    MOST,
    PERCENT,
    SCALED_SECONDS,
    autoscaler,
    has,
    scales_with_the_load,
    serve,
)
from tests.support.kube import Object
from tests.support.waiting import eventually

pytestmark = [pytest.mark.root, pytest.mark.timeout(1200)]

ONE_MINUTE_IN_FOUR_YEARS, ALL_YEAR = ("0 0 29 2 *", "1 0 29 2 *"), ("0 0 1 1 *", "59 23 31 12 *")


def scaled_object(serving: Serving, *triggers: Object, **spec: object) -> Object:
    """A ScaledObject for the version's Deployment."""
    behavior = {"scaleDown": {"stabilizationWindowSeconds": COOL_DOWN_SECONDS}}
    whole = {
        "scaleTargetRef": {"name": DEPLOYMENT},
        "maxReplicaCount": MOST,
        "cooldownPeriod": COOL_DOWN_SECONDS,
        "pollingInterval": 5,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior}},
        "triggers": list(triggers),
    }
    metadata = {"name": NAME, "namespace": serving.registry.namespace}
    body = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata, "spec": whole | spec}
    return serving.registry.kube.apply(body)


def cron(start: str, end: str) -> Object:
    """One pod between these moments."""
    return {"type": "cron", "metadata": {"timezone": "Etc/UTC", "start": start, "end": end, "desiredReplicas": "1"}}


@pytest.mark.usefixtures("measured", "scaled_objects")
def test_the_pods_that_keda_asks_for_come_and_go_and_no_request_is_lost(serving: Serving) -> None:
    serve(serving)
    cpu = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(PERCENT)}}
    scaled_object(serving, cpu, minReplicaCount=1)
    eventually(lambda: autoscaler(serving, f"keda-hpa-{NAME}"), timeout=SCALED_SECONDS)
    scales_with_the_load(serving)


@pytest.mark.usefixtures("scaled_objects")
def test_keda_scales_to_zero_and_back_and_the_operator_leaves_it_so(serving: Serving) -> None:
    serve(serving)
    scaled_object(serving, cron(*ONE_MINUTE_IN_FOUR_YEARS), minReplicaCount=0)
    application = serving.registry.find("aiapp.dev/v1alpha1", "AIApplication", NAME)
    assert application is not None
    serving.registry.until(application, "Ready", "True", "ScaledToZero", timeout=SCALED_SECONDS)
    serving.registry.look_again(application, "now")
    serving.registry.until(application, "Ready", "True", "ScaledToZero")
    scaled_object(serving, cron(*ALL_YEAR), minReplicaCount=0)
    eventually(lambda: has(serving, 1), timeout=SCALED_SECONDS)
