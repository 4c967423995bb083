"""What init containers ask for, whatever the namespace allows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.kubernetes.quantities import quantity
from aiapp.domain.rendering.limits import FETCH, INSTALL, UNBOUNDED, Bounds, bounds, init_resources, storage_limit


def limit_range(type_: str = "Container", **limits: Any) -> dict[str, Any]:
    return {"kind": "LimitRange", "spec": {"limits": [{"type": type_, **limits}]}}


def test_without_bounds_the_settings_hold() -> None:
    assert init_resources(FETCH, {}, UNBOUNDED) == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "4", "memory": "256Mi"},
    }


@pytest.mark.parametrize(
    ("model", "limit_ranges", "cpu", "memory"),
    [
        pytest.param({"limits": {"cpu": "500m", "memory": "512Mi"}}, [], "500m", "2Gi", id="the model's own CPU limit"),
        pytest.param({"limits": {"cpu": 8}}, [], "4", "2Gi", id="a larger one raises nothing"),
        pytest.param({}, [limit_range(max={"cpu": "1", "memory": "1Gi"})], "1", str(2**30), id="of each container"),
        pytest.param({}, [limit_range("Pod", max={"cpu": "2"})], "2", "2Gi", id="of a whole pod"),
        pytest.param(
            {}, [limit_range(max={"cpu": "3"}), limit_range(max={"cpu": "1500m"})], "1500m", "2Gi", id="the tightest"
        ),
        pytest.param({"limits": {"cpu": "250m"}}, [limit_range(min={"cpu": "300m"})], "300m", "2Gi", id="a minimum"),
        pytest.param({}, [limit_range("PersistentVolumeClaim", max={"cpu": "1"})], "4", "2Gi", id="of other things"),
    ],
)
def test_no_init_container_asks_for_more_than_is_granted(
    model: dict[str, Any], limit_ranges: list[dict[str, Any]], cpu: str, memory: str
) -> None:
    assert init_resources(INSTALL, model, bounds(limit_ranges))["limits"] == {"cpu": cpu, "memory": memory}


@pytest.mark.parametrize(
    ("limit_ranges", "requests"),
    [
        pytest.param([limit_range(min={"cpu": "200m"})], {"cpu": "200m", "memory": "128Mi"}, id="a minimum"),
        pytest.param([limit_range(max={"cpu": "50m"})], {"cpu": "50m", "memory": "128Mi"}, id="a small maximum"),
        pytest.param(
            [limit_range(maxLimitRequestRatio={"cpu": 4})],
            {"cpu": "1", "memory": "128Mi"},
            id="a ratio",
        ),
    ],
)
def test_a_request_fits_its_limit_and_the_namespace(
    limit_ranges: list[dict[str, Any]], requests: dict[str, str]
) -> None:
    assert init_resources(FETCH, {}, bounds(limit_ranges))["requests"] == requests


amounts = st.integers(1, 8000).map(lambda thousandths: f"{thousandths}m")


@given(
    most=st.none() | amounts,
    least=st.none() | amounts,
    ratio=st.none() | st.integers(1, 50),
    own=st.none() | amounts,
)
def test_what_is_asked_for_is_what_the_api_server_admits(
    most: str | None, least: str | None, ratio: int | None, own: str | None
) -> None:
    if most and least and (quantity(least) or 0) > (quantity(most) or 0):
        most, least = least, most
    said = {"max": most, "min": least, "maxLimitRequestRatio": ratio}
    limits: dict[str, Any] = {key: {"cpu": value} for key, value in said.items() if value is not None}
    granted = bounds([limit_range(**limits)])
    found = init_resources(FETCH, {"limits": {"cpu": own}} if own else {}, granted)
    limit, request = quantity(found["limits"]["cpu"]), quantity(found["requests"]["cpu"])
    assert limit is not None
    assert request is not None
    assert request <= limit
    assert most is None or limit <= (quantity(most) or 0)
    assert least is None or request >= (quantity(least) or 0)
    assert ratio is None or limit / request <= ratio


def test_a_container_may_use_the_storage_of_its_own_limit_or_of_the_namespaces() -> None:
    granted = bounds([limit_range(default={"ephemeral-storage": "2Gi"}, max={"ephemeral-storage": "3Gi"})])
    assert storage_limit({}, granted) == quantity("2Gi")
    assert storage_limit({"ephemeral-storage": "1Gi"}, granted) == quantity("1Gi")
    assert storage_limit({"ephemeral-storage": "9Gi"}, granted) == quantity("3Gi")
    assert storage_limit({}, Bounds()) is None
