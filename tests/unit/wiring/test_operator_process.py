"""The operator put together, without a cluster."""

from collections.abc import AsyncIterator, Collection
from functools import partial
from pathlib import Path

import pytest
import yaml
from tests.support.engine import settles

from aiapp.adapters.kube.credentials import load
from aiapp.controller.kind_watch import Watching, Witness
from aiapp.domain.kubernetes.resources import RUNTIMES, VERSIONS, Json, Resource
from aiapp.settings import Settings
from aiapp.wiring.operator_process import OperatorProcess

CONFIG = {
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "users": [{"name": "none", "user": {"token": "token"}}],
    "current-context": "none",
}


def nothing(_: Collection[Resource], __: Witness, ___: Collection[str]) -> Watching:
    raise AssertionError("no kind is served")


@pytest.fixture
async def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OperatorProcess]:
    """For one namespace, with leader election and no API server."""
    (tmp_path / "config").write_text(yaml.safe_dump(CONFIG), "utf-8")
    monkeypatch.setattr("aiapp.wiring.operator_process.load", partial(load, str(tmp_path / "config")))
    made = OperatorProcess(Settings(leader_election=True, watch_namespaces=("red",)), nothing)
    await made.start("127.0.0.1", 0)
    yield made
    await made.stop()


async def test_a_kind_that_may_not_be_watched_leaves_the_metrics_readable(process: OperatorProcess) -> None:
    process.refused(RUNTIMES)
    assert b'aiapp_watch_silence_seconds{resource="inferenceruntimes"} 0.0' in await process._metrics.text()


def version(name: str) -> Json:
    return {"metadata": {"namespace": "red", "name": name, "uid": name, "resourceVersion": "1"}, "spec": {}}


async def test_what_changes_is_not_missed_where_the_lead_is_won_again_before_work_ended(
    process: OperatorProcess,
) -> None:
    assert not process._leads()
    process.seen(VERSIONS, version("before"))
    assert not len(process._parts.queue)
    process.manager._begin("first look", process._first_look())
    process.seen(VERSIONS, version("meanwhile"))
    assert len(process._parts.queue) == 1


async def test_what_waited_when_work_was_ended_is_no_backlog(process: OperatorProcess) -> None:
    process.manager._begin("first look", process._first_look())
    await settles(lambda: len(process._parts.queue) == 1)
    assert b'workqueue_depth{name="Fleet"} 1.0' in await process._metrics.text()
    await process.manager._end(["first look"])
    assert not len(process._parts.queue)
    assert b'workqueue_depth{name="Fleet"} 0.0' in await process._metrics.text()


async def test_who_cannot_see_the_lease_is_not_ready(process: OperatorProcess) -> None:
    assert any(sentence.startswith("the Lease aiapp-system/aiapp-operator: ") for sentence in process.manager.unready())
