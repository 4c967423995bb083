from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.kubernetes.child_kinds import merge_keys_of
from aiapp.domain.kubernetes.difference import contains
from aiapp.domain.kubernetes.quantities import quantity
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, SERVICES

CONTAINER = {"name": "model", "image": "i:1", "args": ["a", "b"], "ports": [{"containerPort": 8080}]}


@pytest.mark.parametrize(
    ("observed", "desired"),
    [
        pytest.param(
            {"spec": {"replicas": 3, "paused": False}}, {"spec": {"paused": False}}, id="a field that is not wanted"
        ),
        pytest.param(
            {"spec": {"containers": [{**CONTAINER, "terminationMessagePath": "/dev/termination-log"}]}},
            {"spec": {"containers": [CONTAINER]}},
            id="a default below a merged list",
        ),
        pytest.param(
            {"containers": [{"name": "istio-proxy"}, CONTAINER]},
            {"containers": [CONTAINER]},
            id="a container that somebody injected",
        ),
        pytest.param(
            {"ports": [{"containerPort": 8080, "protocol": "TCP"}]},
            {"ports": [{"containerPort": 8080}]},
            id="a port with the default protocol",
        ),
        pytest.param(
            {"limits": {"cpu": "1", "memory": "1Gi"}},
            {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
            id="quantities in another spelling",
        ),
        pytest.param({"limits": {"cpu": "2"}}, {"limits": {"cpu": 2}}, id="a quantity as a number"),
        pytest.param({"spec": {}}, {"spec": {"tolerations": [], "securityContext": {}}}, id="what is empty is dropped"),
        pytest.param({"env": [{"name": "A"}]}, {"env": [{"name": "A", "value": ""}]}, id="an empty value is dropped"),
    ],
)
def test_nothing_has_to_be_written_for(observed: Any, desired: Any) -> None:
    assert contains(observed, desired, merge_keys_of(DEPLOYMENTS))


@pytest.mark.parametrize(
    ("observed", "desired"),
    [
        pytest.param({"spec": {"type": "NodePort"}}, {"spec": {"type": "ClusterIP"}}, id="a changed value"),
        pytest.param({}, {"spec": {"type": "ClusterIP"}}, id="a part that went"),
        pytest.param(
            {"containers": [{**CONTAINER, "image": "i:2"}]}, {"containers": [CONTAINER]}, id="another image by hand"
        ),
        pytest.param({"containers": []}, {"containers": [CONTAINER]}, id="a container that went"),
        pytest.param({"args": ["a", "b", "c"]}, {"args": ["a", "b"]}, id="an argument added to an atomic list"),
        pytest.param({"args": ["b", "a"]}, {"args": ["a", "b"]}, id="another order in an atomic list"),
        pytest.param({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, id="another quantity"),
        pytest.param({"limits": {"cpu": "many"}}, {"limits": {"cpu": "lots"}}, id="two texts that are no quantities"),
        pytest.param({"labels": {"a": "1"}}, {"labels": {"a": "1000m"}}, id="quantities compare only where they are"),
        pytest.param({"env": "A"}, {"env": [{"name": "A"}]}, id="another shape"),
    ],
)
def test_something_has_to_be_written_for(observed: Any, desired: Any) -> None:
    assert not contains(observed, desired, merge_keys_of(DEPLOYMENTS))


def test_ports_of_a_service_are_told_apart_by_their_own_number() -> None:
    observed = {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}, {"port": 443, "protocol": "TCP"}]}
    assert contains(observed, {"ports": [{"port": 443}]}, merge_keys_of(SERVICES))
    assert not contains(observed, {"ports": [{"port": 8080}]}, merge_keys_of(SERVICES))


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("1500m", Decimal("1.5")), ("2Ki", 2048), ("1e3", 1000), ("0.5", Decimal("0.5")), ("1k", 1000)],
)
def test_quantities_are_numbers_with_suffixes(text: str, number: Decimal) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "Gi", "1Zi", "abc", "1 Gi"])
def test_other_text_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=4), documents, max_size=4))
def test_everything_contains_itself(document: dict[str, Any]) -> None:
    assert contains(document, document, merge_keys_of(DEPLOYMENTS))
