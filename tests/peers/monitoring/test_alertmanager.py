"""The routes of the how-to in a real Alertmanager, told by a real Prometheus with the alerts as they are shipped."""

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.peers.monitoring.conftest import free_addresses, observing, started
from tests.peers.monitoring.test_alerts import CASES
from tests.support.monitoring import alerts, rule_files
from tests.support.operator import Operator
from tests.support.packages import Registry
from tests.support.pages import ROOT, blocks
from tests.support.waiting import eventually
from tests.support.webhook import Webhook, receiving

TEAM: Final = "vision"
"""The namespace of the how-to's example."""


@pytest.fixture(scope="module")
def routes() -> str:
    """alertmanager.yaml of the how-to."""
    page = (ROOT / "docs/how-to/monitoring.md").read_text()
    [text] = (block.text for block in blocks(page) if block.file == "alertmanager.yaml")
    return text


def expected(labels: dict[str, str]) -> str:
    """Who hears of an alert with these labels, as the how-to says."""
    team = ["vision-team"] if labels.get("namespace") == TEAM and "state" in labels else []
    on_call = ["on-call"] if labels["severity"] == "critical" else []
    return ",".join(team + on_call or ["nobody"])


def test_every_alert_goes_to_whom_the_how_to_says(routes: str, amtool: Path, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yaml"
    file.write_text(routes)
    subprocess.run([amtool, "check-config", file], check=True, capture_output=True)
    found, wanted = {}, {}
    for name, rule in alerts().items():
        labels = {"alertname": name, **CASES[name]["labels"], **rule["labels"]}
        labels |= {"namespace": TEAM} if "namespace" in labels else {}
        pairs = (f"{key}={value}" for key, value in labels.items())
        command = [str(amtool), "config", "routes", "test", f"--config.file={file}", *pairs]
        found[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        wanted[name] = expected(labels)
    assert found == wanted
    assert set(wanted.values()) == {"nobody", "vision-team", "on-call", "vision-team,on-call"}


def addressed(routes: str, namespace: str, webhook: str) -> dict[str, Any]:
    """The same routes for another namespace and receiver, which tell at once."""
    config: dict[str, Any] = copy.deepcopy(yaml.safe_load(routes.replace(f'"{TEAM}"', f'"{namespace}"')))
    config["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", ()):
            hook["url"] = f"{webhook}/{receiver['name']}"
    return config


def impatient(folder: Path) -> list[Path]:
    """The shipped rules, which fire at once; that they wait as long as they should, promtool says."""
    for file in rule_files():
        document = yaml.safe_load(file.read_text())
        for group in document["groups"]:
            group["rules"] = [{key: rule[key] for key in rule if key != "for"} for rule in group["rules"]]
        (folder / file.name).write_text(yaml.safe_dump(document))
    return [folder / file.name for file in rule_files()]


@pytest.fixture
def told(
    routes: str, alertmanager: Path, prometheus: Path, busy_operator: Operator, registry: Registry, tmp_path: Path
) -> Iterator[Webhook]:
    """Whom Alertmanager tells of what the operator's metrics make fire."""
    web, file = free_addresses("web")[0], tmp_path / "alertmanager.yaml"
    rules = tmp_path / "rules"
    rules.mkdir()
    with receiving() as webhook:
        file.write_text(yaml.safe_dump(addressed(routes, registry.namespace, webhook.address)))
        options = (f"--config.file={file}", f"--storage.path={tmp_path / 'am'}", "--cluster.listen-address=")
        targets = {"aiapp": busy_operator.address().removeprefix("http://")}
        with (
            started("alertmanager", (alertmanager, *options, f"--web.listen-address={web}"), tmp_path),
            observing(prometheus, tmp_path, targets, impatient(rules), [web]),
        ):
            yield webhook


def hears(told: Webhook, receiver: str, labels: dict[str, str], *statuses: str) -> None:
    """It is told these, one after the other."""
    eventually(lambda: told.told(f"/{receiver}", **labels)[: len(statuses)] == list(statuses))


def test_who_is_on_call_hears_of_what_callers_notice_and_the_team_of_every_state_and_of_its_end(
    told: Webhook, registry: Registry
) -> None:
    for name, application in (("AIVersionFailed", "broken-1.0.0"), ("AIApplicationWaiting", "waiting")):
        hears(told, "vision-team", {"alertname": name, "name": application}, "firing")
    concerning = {"alertname": "AIApplicationConcerning", "name": "mnist", "namespace": registry.namespace}
    refused = {"version": "1.0.0", "resources": {"requests": {"example.com/gpu": "1"}}}  # without a limit
    registry.until(registry.serving(versions=[refused]), "Ready", "False", "WriteRefused")
    for receiver in ("vision-team", "on-call"):
        hears(told, receiver, concerning, "firing")
    registry.until(registry.application(), "Ready", "True")
    for receiver in ("vision-team", "on-call"):
        hears(told, receiver, concerning, "firing", "resolved")
    heard = {(path, alert["labels"]["severity"]) for path, body in told.received for alert in body["alerts"]}
    assert {severity for path, severity in heard if path == "/on-call"} == {"critical"}
    assert {path for path, _ in heard} == {"/vision-team", "/on-call"}
