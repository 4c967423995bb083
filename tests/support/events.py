"""Kubernetes Events that are only remembered."""

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.events import EventType
from aiapp.domain.kubernetes.resources import Json
from aiapp.ports.kubernetes import Recorder


class Events(Recorder):
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        """Type, reason and message of each."""

    @override
    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:
        self.sent.append((type, reason.value, message))
