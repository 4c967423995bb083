"""Checks of rollouts before a real Prometheus."""

import asyncio
import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.peers.monitoring.conftest import Prometheus
from tests.support.pages import ROOT
from tests.support.waiting import eventually

from aiapp.adapters.prometheus import PrometheusClient, PrometheusSettings
from aiapp.api.checks import PrometheusCheck
from aiapp.domain.application.traffic.checks import checks
from aiapp.ports.prometheus import PrometheusError
from aiapp.settings import Settings
from aiapp_sandbox.ports import reserved

OF_TEAMS = 'up{namespace="$namespace",application="$application"}'


@pytest.fixture(scope="module")
def running(prometheus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It scrapes itself, as two applications of one namespace and one of another."""
    folder = tmp_path_factory.mktemp("prometheus")
    with reserved("127.0.0.1", ("web",)) as ports:
        address = f"127.0.0.1:{ports['web']}"
    targets = [("red", "mnist"), ("red", "digits"), ("blue", "mnist")]
    jobs = [
        {
            "job_name": f"{namespace}-{application}",
            "static_configs": [{"targets": [address], "labels": {"namespace": namespace, "application": application}}],
        }
        for namespace, application in targets
    ]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    command = [
        str(prometheus),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        made = Prometheus(f"http://{address}")

        def scraped() -> bool:
            try:
                return len(made.query("up == 1")) == len(targets)
            except OSError:
                return False

        try:
            eventually(scraped, timeout=60)
            yield made
        finally:
            process.terminate()


def number(running: Prometheus, query: str, namespace: str = "red") -> float:
    (one,) = checks((PrometheusCheck(name="x", max=1),), ("1.0.0",), (namespace, "mnist"), {"x": query})
    assert one.query is not None
    client = PrometheusClient(PrometheusSettings(url=running.address))
    return asyncio.run(client.number(one.query, tenant=namespace))


def test_each_namespace_gets_its_own_number(running: Prometheus) -> None:
    assert number(running, OF_TEAMS) == 1
    assert number(running, 'count(up{namespace="$namespace"})') == 2
    assert number(running, 'count(up{namespace="$namespace"})', "blue") == 1
    assert number(running, 'scalar(count(up{namespace="$namespace"}))') == 2
    assert math.isnan(number(running, f"0 * {OF_TEAMS} / 0"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('up{namespace="$namespace"}', "the query yields 2 series instead of one"),
        ('up{namespace="$namespace"} > 1', "the query yields no series"),
        ('up{namespace="$namespace"}[1m]', "the query yields no number but a range"),
        ('up{namespace="$namespace"', "Prometheus answers with status 400"),
    ],
)
def test_what_is_no_number_is_said(running: Prometheus, query: str, said: str) -> None:
    with pytest.raises(PrometheusError) as error:
        number(running, query)
    assert str(error.value) == said


def test_the_query_of_the_guide_is_one(running: Prometheus) -> None:
    page = (ROOT / "docs/how-to/gradual-rollout.md").read_text("utf-8")
    found = re.search(r"```yaml\n(# values\.yaml\n.*?)```", page, re.DOTALL)
    assert found is not None
    values = yaml.safe_load(found[1])["settings"]
    offered = Settings(prometheus_queries=values["prometheusQueries"]).prometheus_queries
    with pytest.raises(PrometheusError, match="no series"):  # nobody has asked a model
        number(running, offered["error-share"])
