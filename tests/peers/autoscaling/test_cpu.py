"""The real autoscaler with real figures: pods of an application come with its load and go with it."""

import pytest
from tests.e2e.serving import Serving
from tests.peers.autoscaling.scaled import (
    COOL_DOWN_SECONDS,
    DEPLOYMENT,
    MOST,
    PERCENT,
    autoscaler,
    scales_with_the_load,
    serve,
)

pytestmark = [pytest.mark.root, pytest.mark.timeout(1200)]


@pytest.mark.usefixtures("measured")
def test_pods_come_with_the_load_and_go_with_it_and_no_request_is_lost(serving: Serving) -> None:
    metrics = [{"type": "CPU", "averageUtilization": PERCENT}]
    serve(serving, autoscaling={"maxReplicas": MOST, "metrics": metrics, "coolDownSeconds": COOL_DOWN_SECONDS})
    scales_with_the_load(serving)
    assert autoscaler(serving, DEPLOYMENT)["status"]["currentMetrics"][0]["resource"]["name"] == "cpu"
