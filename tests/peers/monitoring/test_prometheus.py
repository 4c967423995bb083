"""Dashboards and rules over what a running operator and model server really export, in a real Prometheus."""

import re

from tests.peers.monitoring.conftest import Prometheus
from tests.support.monitoring import alerts, named, queries, variables
from tests.support.waiting import eventually

VARIABLES = re.compile(r"\$\w+")
EMPTY = {"Nodes that do not say enough", "Verdicts"}
"""Panels of what is wrong, and here it is not."""


def filled(query: str) -> str:
    """A dashboard's query with everything selected."""
    return VARIABLES.sub(".*", query)


def test_every_query_of_dashboards_and_rules_finds_the_series_that_it_asks_for(scraping: Prometheus) -> None:
    there = set(scraping.ask("label/__name__/values"))
    asked = {where: named(query) for where, query in (*queries(), *variables())}
    lacking = {where: names - there for where, names in asked.items() if not names or names - there}
    assert lacking == {}


def test_every_query_of_a_dashboard_is_understood_and_most_show_something(scraping: Prometheus) -> None:
    shown = {where: scraping.query(filled(query)) for where, query in queries() if "json" in where}
    empty = {where for where, result in shown.items() if not result}
    assert {where.partition(": ")[2] for where in empty} <= EMPTY


def test_an_alert_fires_for_a_version_that_failed_and_names_it(scraping: Prometheus) -> None:
    def pending() -> bool:
        found = [one for one in scraping.ask("alerts")["alerts"] if one["labels"]["alertname"] == "AIVersionFailed"]
        return [(one["labels"]["name"], one["labels"]["reason"]) for one in found] == [
            ("broken-1.0.0", "ConfigInvalid")
        ]

    assert eventually(pending)
    rules = [rule for group in scraping.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == set(alerts())
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
