"""What reaches status and Events, whoever wrote it."""

import asyncio
from datetime import UTC, datetime

from tests.support import documents
from tests.support.engine import settles
from tests.support.fake_api import FakeApi

from aiapp.adapters.kube.events import EventRecorder
from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.conditions import fails
from aiapp.reconcile.conditions import conditions

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
