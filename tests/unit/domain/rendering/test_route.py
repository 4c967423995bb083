"""The HTTPRoute of an application."""

import pytest
from tests.support.routes import gateway

from aiapp.domain.rendering.route import route, url

PORTS = {"1.0.0": 8080}


def test_it_has_the_name_of_the_application_and_one_backend_a_version_with_its_exact_weight() -> None:
    made = route(
        "mnist", gateway(hostnames=["mnist.example.com"]), {"1.0.0": 100, "1.1.0": 0}, {"1.0.0": 8080, "1.1.0": 9000}
    )
    assert (made["metadata"]["name"], made["spec"]["hostnames"]) == ("mnist", ["mnist.example.com"])
    (rule,) = made["spec"]["rules"]
    assert rule["backendRefs"] == [
        {"kind": "Service", "name": "mnist-1-0-0", "port": 8080, "weight": 100},
        {"kind": "Service", "name": "mnist-1-1-0", "port": 9000, "weight": 0},
    ]
    assert "filters" not in rule


def test_only_what_the_parents_say_is_in_the_route() -> None:
    parents = [{"name": "edge", "namespace": "infra", "sectionName": "web"}, {"name": "inner", "port": 80}]
    assert route("mnist", gateway(parentRefs=parents), {"1.0.0": 100}, PORTS)["spec"]["parentRefs"] == parents


def test_a_prefix_is_matched_and_taken_away_after_the_filters_of_the_gateway() -> None:
    auth = {"group": "traefik.io", "kind": "Middleware", "name": "key"}
    (rule,) = route("mnist", gateway(path="/mnist", filters=[auth]), {"1.0.0": 100}, PORTS)["spec"]["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/mnist"}}]
    assert [one["type"] for one in rule["filters"]] == ["ExtensionRef", "URLRewrite"]
    assert rule["filters"][0]["extensionRef"] == auth
    assert rule["filters"][1]["urlRewrite"]["path"] == {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}


@pytest.mark.parametrize(
    ("hostnames", "path", "expected"),
    [
        ([], "/", None),
        (["*.example.com"], "/", None),
        (["*.example.com", "a.example.com", "b.example.com"], "/", "http://a.example.com"),
        (["a.example.com"], "/mnist", "http://a.example.com/mnist"),
    ],
)
def test_its_address_is_the_first_hostname_that_is_one(hostnames: list[str], path: str, expected: str | None) -> None:
    assert url(gateway(hostnames=hostnames, path=path)) == expected
