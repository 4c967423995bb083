"""The Services of an application and its versions."""

from typing import Any

import pytest
from tests.support.records import BARE, application, deployed, image_version, normal_version, observed

from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.pod.engine import CONTAINER
from aiapp.domain.rendering.service import (
    Endpoint,
    application_service,
    direct_port,
    endpoint,
    url,
    version_service,
)

HTTPS = {"protocol": "HTTPS", "port": 8443}


def ports(service: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [(one["name"], one["port"], one["targetPort"], one["appProtocol"]) for one in service["spec"]["ports"]]


def made(*versions: VersionRecord, children: Children | None = None) -> dict[str, list[tuple[str, int, str, str]]]:
    """The ports of the planned Services by name."""
    weight = 100 // len(versions)
    wanted = [{"version": one.spec.version, "weight": weight} for one in versions]
    seen = observed(application(spec__serving__versions=wanted), *versions, children=children)
    return {one["metadata"]["name"]: ports(one) for one in plan(seen).apply if one["kind"] == "Service"}


def test_the_service_of_a_version_has_the_port_of_its_pods() -> None:
    services = made(image_version(spec__container={"port": 9000}))
    assert services == {
        "mnist": [("http", 80, "http", "http")],
        "mnist-1-0-0": [("http", 9000, "http", "http")],
    }


def test_what_speaks_https_is_reached_at_the_port_of_https() -> None:
    services = made(image_version(spec__container=HTTPS))
    assert services == {
        "mnist": [("https", 443, "https", "https")],
        "mnist-1-0-0": [("https", 8443, "https", "https")],
    }


def test_an_application_with_both_has_a_port_for_each_and_none_leads_to_a_pod_that_speaks_the_other() -> None:
    services = made(image_version(spec__container=HTTPS), normal_version("1.1.0"))
    assert services["mnist"] == [("http", 80, "http", "http"), ("https", 443, "https", "https")]


def test_the_port_of_pods_that_are_there_stays_while_others_take_over() -> None:
    left = deployed("0.9.0", template=BARE)
    services = made(image_version(spec__container=HTTPS), children=Children(deployments=(left,)))
    assert services["mnist"] == [("http", 80, "http", "http"), ("https", 443, "https", "https")]


def test_a_service_with_an_address_keeps_it_and_gets_the_port_of_the_pods_beside() -> None:
    existing = {"spec": {"clusterIP": "10.0.0.9"}}
    service = version_service("mnist", "1.0.0", Endpoint("https", 8443), existing)
    assert ports(service) == [("https", 443, "https", "https"), ("https-direct", 8443, "https", "https")]
    assert direct_port(service) == 8443


def test_a_service_whose_ports_somebody_took_away_stands_for_the_model_servers() -> None:
    assert direct_port({"spec": {}}) == 8080


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({}, id="nothing"),
        pytest.param(BARE, id="no ports"),
        pytest.param({"spec": {"containers": [{"name": CONTAINER, "ports": [{"containerPort": 1}]}]}}, id="no name"),
        pytest.param(
            {"spec": {"containers": [{"name": "x", "ports": [{"name": "https", "containerPort": 1}]}]}},
            id="another container",
        ),
    ],
)
def test_a_template_that_says_nothing_of_ports_is_the_model_servers(template: dict[str, Any]) -> None:
    assert endpoint(template) == Endpoint("http", 8080)


@pytest.mark.parametrize(
    ("schemes", "expected"),
    [
        (("http",), "http://mnist.team.svc"),
        (("http", "https"), "http://mnist.team.svc"),
        (("https",), "https://mnist.team.svc"),
    ],
)
def test_the_address_is_one_of_https_where_nothing_else_is_served(schemes: tuple[str, ...], expected: str) -> None:
    assert url("mnist", "team", application_service("mnist", schemes)) == expected


def test_before_there_is_a_service_the_address_is_one_of_http() -> None:
    assert url("mnist", "team", None) == "http://mnist.team.svc"
