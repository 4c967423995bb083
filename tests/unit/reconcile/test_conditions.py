"""What reaches status and Events, whoever wrote it."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.support import documents
from tests.support.engine import settles
from tests.support.fake_api import FakeApi
from tests.support.records import condition
from typing_extensions import override

from aiapp.adapters.kube.events import EventRecorder
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.kubernetes.resources import Json
from aiapp.ports import EventType, Recorder
from aiapp.reconcile.conditions import conditions, tell_changes

HOSTILE = "object '\x1b[2J' is gone\nReady=True"
SHOWN = "object '?[2J' is gone Ready=True"


def test_a_condition_is_one_line_of_printable_characters() -> None:
    (found,) = conditions([fails(ConditionType.READY, Reason.CONTENT_CHANGED, HOSTILE)], 1)
    assert found["message"] == SHOWN


async def test_an_event_is_one_line_of_printable_characters() -> None:
    api = FakeApi()
    recorder = EventRecorder(api, lambda: datetime(2026, 1, 2, tzinfo=UTC), lambda: 0.0)
    about = {**documents.version(), "metadata": {"name": "mnist-1.0.0", "namespace": "team", "uid": "u"}}
    recorder.event(about, "Warning", Reason.CONTENT_CHANGED, HOSTILE)
    sending = asyncio.create_task(recorder.run())
    await settles(lambda: bool(api.writes))
    sending.cancel()
    (event,) = api.objects.values()
    assert event["message"] == SHOWN


class Events(Recorder):
    def __init__(self) -> None:
        self.seen: list[tuple[EventType, Reason]] = []

    @override
    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:
        self.seen.append((type, reason))


READY = holds(ConditionType.READY, "", Reason.RUNNING)
WAITS = fails(ConditionType.READY, Reason.WAITING_FOR_NODES, "")
SPLIT = fails(ConditionType.TRAFFIC_SPLIT, Reason.BY_REPLICAS, "")
CHANGED = fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, "")
NO_NODE = fails(ConditionType.NODES_AVAILABLE, Reason.WAITING_FOR_NODES, "")
LOST = unknown(ConditionType.SOURCE_UNCHANGED, Reason.MANIFEST_MISSING, "")
DOWN = unknown(ConditionType.SOURCE_UNCHANGED, Reason.ENDPOINT_UNREACHABLE, "")
SAME = holds(ConditionType.SOURCE_UNCHANGED, "")
WAS_RUNNING = condition("Ready", "True", "Running")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param([], [READY], [("Normal", "Running")], id="Ready for the first time"),
        pytest.param([WAS_RUNNING], [READY], [], id="nothing new"),
        pytest.param([WAS_RUNNING], [CHANGED, READY], [("Warning", "SourceChanged")], id="the store changed"),
        pytest.param([WAS_RUNNING], [LOST, READY], [("Warning", "ManifestMissing")], id="the manifest is gone"),
        pytest.param([WAS_RUNNING], [DOWN, READY], [], id="the store cannot be asked"),
        pytest.param([WAS_RUNNING], [SAME, READY], [], id="the store is as it was"),
        pytest.param(
            [WAS_RUNNING, condition("SourceUnchanged", "False", "SourceChanged")],
            [SAME, READY],
            [("Normal", "Succeeded")],
            id="the store is again as it was",
        ),
        pytest.param([WAS_RUNNING], [NO_NODE, READY], [("Normal", "WaitingForNodes")], id="its last node went"),
        pytest.param([WAS_RUNNING], [NO_NODE, WAITS], [("Normal", "WaitingForNodes")], id="one word, told once"),
        pytest.param([WAS_RUNNING], [SPLIT, READY], [("Warning", "ByReplicas")], id="the weights cannot be reached"),
        pytest.param([WAS_RUNNING], [SPLIT, WAITS], [("Normal", "WaitingForNodes")], id="shares during a rollout"),
    ],
)
def test_what_becomes_false_is_an_event_and_so_is_its_end(
    before: list[Json], now: list[Finding], told: list[tuple[str, str]]
) -> None:
    events = Events()
    tell_changes(events, {}, [Condition.model_validate(one) for one in before], now)
    assert events.seen == told
