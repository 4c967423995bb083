"""The state of a fetch, from the status of its pod. Reads no log and no store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from aiapp.domain.fetching.progress import Progress
from aiapp.domain.kubernetes.naming import VERSION_LABEL
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable

FETCHER: Final = "fetch"
"""Name of the init container."""
LONGEST_MESSAGE: Final = 4096
"""Characters of a pod's own message, which any user who may create pods can write."""


class FetchState(StrEnum):
    """Of one pod's fetch."""

    WAITING = "Waiting"
    FETCHING = "Fetching"
    FETCHED = "Fetched"
    FAILED = "Failed"
    """The last attempt; the kubelet starts another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """One pod's fetch."""

    pod: str
    version: str
    state: FetchState
    message: str = ""
    """Why it waits, or the fetcher's last message."""
    progress: Progress | None = None

    @property
    def ended(self) -> bool:
        """Nothing is under way."""
        return self.state in {FetchState.FETCHED, FetchState.FAILED}

    @property
    def document(self) -> dict[str, Any]:
        """For programs."""
        document = {"pod": self.pod, "version": self.version, "state": self.state.value, "message": self.message}
        return (
            {**document, "percent": self.progress.percent, **self.progress.document} if self.progress else {**document}
        )

    def with_progress(self, progress: Progress | None) -> "Fetching":
        """The same, so far."""
        return replace(self, progress=progress)


def fetching(pod: Json) -> Fetching | None:
    """None for a pod that fetches nothing."""
    if not any(container["name"] == FETCHER for container in pod["spec"].get("initContainers", ())):
        return None
    name, labels = pod["metadata"]["name"], pod["metadata"].get("labels", {})
    statuses = pod.get("status", {}).get("initContainerStatuses", ())
    status: Json = next((one for one in statuses if one["name"] == FETCHER), {})
    state, message = _state(status)
    return Fetching(pod=name, version=labels.get(VERSION_LABEL, "-"), state=state, message=message)


def _state(status: Mapping[str, Any]) -> tuple[FetchState, str]:
    now, before = status.get("state", {}), status.get("lastState", {})
    if "running" in now:
        return FetchState.FETCHING, ""
    if ended := now.get("terminated") or before.get("terminated"):
        result = _result(ended)
        return (
            (FetchState.FETCHED, _success(result))
            if ended.get("exitCode") == 0
            else (FetchState.FAILED, _failure(result, ended))
        )
    waiting = now.get("waiting", {})
    why = waiting.get("message") or waiting.get("reason") or "the pod has no node yet"
    return FetchState.WAITING, printable(why, LONGEST_MESSAGE)


def _result(ended: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        result = json.loads(ended.get("message", ""))
    except (ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}


def _success(result: Mapping[str, Any]) -> str:
    facts = (f"{result.get('files')} files, {result.get('bytes')} bytes in {result.get('seconds')} s") if result else ""
    verified = f", verified by {result['verified']}" if result.get("verified") else ""
    return printable(f"{facts}{verified}", LONGEST_MESSAGE)


def _failure(result: Mapping[str, Any], ended: Mapping[str, Any]) -> str:
    if result.get("message"):
        return printable(f"{result.get('reason')}: {result['message']}", LONGEST_MESSAGE)
    message = ended.get("message") or f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}"
    return printable(str(message), LONGEST_MESSAGE)
