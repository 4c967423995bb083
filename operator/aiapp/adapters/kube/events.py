"""Records Kubernetes Events, de-duplicated across restarts. Never raises, never makes a reconciler wait."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.events import EventType
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Api, ApiError, ConflictError, Recorder

logger = logging.getLogger(__name__)

COMPONENT: Final = "aiapp-operator"
BACKLOG: Final = 10_000
"""Events that wait to be sent, as after thousands of objects at once; more are dropped with a warning."""
REMEMBERED: Final = 10_000
"""Events that are known to be recorded without asking the API server."""
REMEMBERED_SECONDS: Final = 3600.0
"""The API server itself forgets an event after an hour; then a state that comes back is recorded again."""
MAX_MESSAGE: Final = 1024
"""Characters that the API server accepts."""
SENDERS: Final = 4


class EventRecorder(Recorder):
    """Sends events in the background while `run` runs. `clock` gives UTC time, `monotonic` seconds.

    An event's name is made of the object's uid, the reason and the message: telling it a second time, even by another
    process, is answered with 409, which is as good as success.
    """

    def __init__(self, api: Api, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._monotonic = monotonic
        self._backlog: asyncio.Queue[Json] = asyncio.Queue(BACKLOG)
        self._recorded: OrderedDict[str, float] = OrderedDict()

    @override
    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:
        document = _document(
            about, type, reason, printable(message, MAX_MESSAGE), self._clock().isoformat(timespec="seconds")
        )
        name = document["metadata"]["name"]
        if self._is_recorded(name):
            return
        try:
            self._backlog.put_nowait(document)
        except asyncio.QueueFull:
            logger.warning("event dropped, %d are waiting: %s %s", BACKLOG, reason, about["metadata"]["name"])
            return
        self._recorded[name] = self._monotonic()
        if len(self._recorded) > REMEMBERED:
            self._recorded.popitem(last=False)

    async def run(self) -> None:
        """Sends what waits until cancelled; the rest is not sent then."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(self._send_all())

    async def _send_all(self) -> None:
        while True:
            document = await self._backlog.get()
            try:
                await self._api.create(document)
            except ConflictError:
                continue
            except ApiError as error:
                # Its namespace may be going away, or the API server; the next pass over the object records it again.
                self._recorded.pop(document["metadata"]["name"], None)
                logger.info("event %s not sent: %s", document["reason"], error)

    def _is_recorded(self, name: str) -> bool:
        at = self._recorded.get(name)
        return at is not None and self._monotonic() - at < REMEMBERED_SECONDS


def _document(about: Json, kind: EventType, reason: Reason, message: str, moment: str) -> Json:
    metadata = about["metadata"]
    namespace = metadata.get("namespace", "default")
    digest = sha256(f"{metadata['uid']}\n{reason}\n{message}".encode()).hexdigest()[:16]
    involved = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name'][:200]}.{digest}", "namespace": namespace},
        "involvedObject": involved | ({"namespace": namespace} if "namespace" in metadata else {}),
        "type": kind,
        "reason": str(reason),
        "message": message,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
