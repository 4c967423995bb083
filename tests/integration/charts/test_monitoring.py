"""What the chart has watched: by which targets, which alerts, which dashboards."""

import json
from typing import Any, Final

import yaml
from tests.support.helm import ROOT, Helm, faults, of
from tests.support.monitoring import alerts, dashboards

ALL: Final[dict[str, Any]] = {
    "serviceMonitor": {"enabled": True, "interval": "15s", "labels": {"release": "prometheus"}},
    "podMonitor": {"enabled": True},
    "rules": {
        "enabled": True,
        "alertLabels": {"team": "ml"},
        "runbooks": "https://docs.example.com/alerts",
        "labels": {"release": "prometheus"},
    },
    "dashboards": {"enabled": True},
}
KINDS: Final = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}


def test_nothing_of_the_prometheus_operator_is_installed_unless_it_is_asked_for(helm: Helm) -> None:
    assert not KINDS & {each["kind"] for each in helm.rendered()}


def test_the_monitors_find_the_operator_and_the_model_servers_by_labels_and_ports_that_they_have(helm: Helm) -> None:
    documents = helm.rendered(monitoring=ALL)
    monitor, service = of(documents, "ServiceMonitor"), of(documents, "Service")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["port"] == service["spec"]["ports"][0]["name"]
    assert (endpoint["interval"], endpoint["honorLabels"]) == ("15s", True)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    models = of(documents, "PodMonitor")["spec"]
    plain = yaml.safe_load_all((ROOT / "manifests/monitoring/podmonitors.yaml").read_text())
    assert models == of(list(plain), "PodMonitor", "aiapp-models")["spec"]


def test_the_rules_are_those_that_are_tested_with_a_link_to_their_runbook(helm: Helm) -> None:
    spec = of(helm.rendered(monitoring=ALL), "PrometheusRule")["spec"]
    rules = {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}
    assert set(rules) == set(alerts())
    for name, rule in rules.items():
        assert rule["annotations"].pop("runbook_url") == f"https://docs.example.com/alerts#{name.lower()}"
        assert rule["labels"].pop("team") == "ml"
        assert rule == alerts()[name]


def test_the_dashboards_are_those_that_are_tested_where_grafana_looks_for_them(helm: Helm) -> None:
    config_map = of(helm.rendered(monitoring=ALL), "ConfigMap")
    assert faults([config_map]) == []
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {name: json.loads(text) for name, text in config_map["data"].items()} == {
        f"aiapp-{name}": dashboard for name, dashboard in dashboards().items()
    }
