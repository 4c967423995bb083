"""Settings from the environment: lists, and the names that every network program knows."""

import json
from ipaddress import ip_network

import pytest

from aiapp.settings import VARIABLES, Settings, SettingsError, load
from aiapp.wiring import endpoint_policy, proxies


def test_lists_are_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAPP_ALLOWED_HOSTS", "*.myhuaweicloud.com,minio.storage.svc")
    monkeypatch.setenv("AIAPP_ALLOWED_RANGES", "127.0.0.0/8, fd00::1")
    monkeypatch.setenv("AIAPP_REFUSED_RANGES", "")
    policy = endpoint_policy(Settings())
    assert policy.allowed_hosts == ("*.myhuaweicloud.com", "minio.storage.svc")
    assert policy.allowed_ranges == (ip_network("127.0.0.0/8"), ip_network("fd00::1/128"))
    assert policy.refused_ranges == ()


def test_queries_are_an_object_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    query = 'sum(rate(failed{namespace="$namespace",version=~"$version$"}[5m]))'
    monkeypatch.setenv("AIAPP_PROMETHEUS_QUERIES", json.dumps({"error-rate": query}))
    assert load().prometheus_queries == {"error-rate": query}
    monkeypatch.setenv("AIAPP_PROMETHEUS_QUERIES", "")
    assert load().prometheus_queries == {}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_named_in_either_case(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://proxy:3128")
    assert proxies(Settings()).of("https://store") == "http://proxy:3128"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("AIAPP_ALLOWED_RANGES", "127.0.0.1/8", id="a range that begins in its middle"),
        pytest.param("AIAPP_ALLOWED_HOSTS", "https://obs.example.com/", id="a URL for a host"),
        pytest.param("AIAPP_ALLOWED_HOSTS", "obs.*.com", id="a star in the middle"),
        pytest.param("AIAPP_PIP_INDEX_URL", "https://user:secret@index/simple", id="a password that pods would show"),
        pytest.param("HTTPS_PROXY", "socks5://proxy:1080", id="a proxy of another kind"),
        pytest.param("AIAPP_PROMETHEUS_QUERIES", "up", id="queries that are no object"),
        pytest.param("AIAPP_PROMETHEUS_QUERIES", '{"up": "up"}', id="a query about all namespaces"),
        pytest.param("AIAPP_PROMETHEUS_QUERIES", '{"up": "up{n=\'$namespaces\'}"}', id="a slip in a placeholder"),
        pytest.param("AIAPP_PROMETHEUS_QUERIES", "{\"up\": \"up{n='$namespace',p='$pod'}\"}", id="another placeholder"),
        pytest.param("AIAPP_PROMETHEUS_QUERIES", '{"Up": "up{n=\'$namespace\'}"}', id="a name that nobody may use"),
    ],
)
def test_what_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as refused:
        load()
    assert value not in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAPP_WORKER", "3")
    monkeypatch.setenv("AIAPP_WORKERS", "1")
    monkeypatch.setenv("AIAPP_HTTPS_PROXY", "http://user:secret@proxy:3128")
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:secret@proxy:1080")
    with pytest.raises(SettingsError) as refused:
        load()
    assert refused.value.faults == (
        "unknown setting AIAPP_HTTPS_PROXY: did you mean HTTPS_PROXY?",
        "unknown setting AIAPP_WORKER: did you mean AIAPP_WORKERS?",
        "AIAPP_WORKERS: Input should be greater than or equal to 2",
        "HTTPS_PROXY: not an http or https URL",
    )


@pytest.mark.parametrize(
    "name",
    [
        "AIAPP_OPERATOR_SERVICE_HOST",
        "AIAPP_OPERATOR_SERVICE_PORT",
        "AIAPP_OPERATOR_SERVICE_PORT_METRICS",
        "AIAPP_OPERATOR_PORT",
        "AIAPP_OPERATOR_PORT_8080_TCP_ADDR",
        "AIAPP_SANDBOX_HOME",
        "AIAPP_SERVE_FORK",
        "aiapp_workers",
    ],
)
def test_a_variable_that_belongs_to_something_else_does_not_disturb(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AIAPP_OPERATOR_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv(name, "8")
    assert load().workers


def test_a_port_of_a_service_that_does_not_exist_is_a_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAPP_HEALTH_PORT", "8080")
    with pytest.raises(SettingsError, match="unknown setting AIAPP_HEALTH_PORT"):
        load()


@pytest.mark.parametrize("name", VARIABLES.values())
def test_every_setting_has_a_sentence_on_what_it_means(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")
