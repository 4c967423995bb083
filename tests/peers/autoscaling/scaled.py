"""What the tests of autoscaling share: an application that computes, and how many pods of it there are."""

from typing import Final

from tests.e2e.serving import NAME, RUNNING_SECONDS, SERVICE, Serving
from tests.support.kube import Object
from tests.support.waiting import eventually

SCALED_SECONDS: Final = 300
"""Two looks of metrics-server, one of the autoscaler, and a pod that starts."""
COOL_DOWN_SECONDS: Final = 15
DEPLOYMENT: Final = f"{NAME}-1-0-0"
BUSY: Final = SERVICE.replace("time.sleep(", "sum(range(20_000)); time.sleep(")
SERVED: Final[Object] = {"version": "1.0.0", "weight": 100, "resources": {"requests": {"cpu": "40m"}}}
MOST: Final = 3
PERCENT: Final = 50
"""Of the CPU that a pod asks for."""


def serve(serving: Serving, **fields: object) -> None:
    """The application with one version, until it runs."""
    serving.upload("1.0.0", "one", BUSY)
    serving.register()
    serving.registry.serving(NAME, versions=[SERVED | fields])
    serving.until_running()
    eventually(lambda: has(serving, 1), timeout=RUNNING_SECONDS)


def has(serving: Serving, number: int) -> bool:
    """Whether the application runs with so many pods, and its Service leads to each."""
    application = serving.registry.find("aiapp.dev/v1alpha1", "AIApplication", NAME)
    status = application["status"] if application else {}
    return bool(status.get("readyReplicas") == number == len(serving.reached()) and status["phase"] == "Running")


def autoscaler(serving: Serving, name: str) -> Object:
    found = serving.registry.find("autoscaling/v2", "HorizontalPodAutoscaler", name)
    assert found is not None
    return found


def scales_with_the_load(serving: Serving) -> None:
    """Pods come and go with the load, and no request is lost."""
    with serving.asked() as load:
        eventually(lambda: has(serving, MOST), timeout=SCALED_SECONDS)
        load.for_more(600)
        assert load.failures() == []
    eventually(lambda: has(serving, 1), timeout=SCALED_SECONDS)
