"""The phases in which a version is imported and a service comes up, by the reasons of what happens in them. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

from aiapp.api.conditions import Reason

EventPhase = Literal[
    "Import",
    "ImageBuilding",
    "Scheduling",
    "ImagePulling",
    "EnvironmentPreparation",
    "ModelStart",
    "Waiting",
    "Rollout",
    "Rollback",
    "Stop",
]

_OF_OURS: Final[Mapping[EventPhase, tuple[Reason, ...]]] = {
    "ImageBuilding": (Reason.IMAGE_COPYING,),
    "Scheduling": (Reason.SCHEDULED, Reason.UNSCHEDULABLE, Reason.QUOTA_EXCEEDED, Reason.POD_REFUSED),
    "ImagePulling": (Reason.IMAGE_PULL_FAILED,),
    "EnvironmentPreparation": (
        Reason.ENVIRONMENT_PREPARED,
        Reason.FETCH_FAILED,
        Reason.DEPENDENCIES_FAILED,
        Reason.CONTENT_CHANGED,
        Reason.REFERENCE_MISSING,
        Reason.STORAGE_TOO_SMALL,
    ),
    "ModelStart": (
        Reason.CONTAINER_STARTED,
        Reason.POD_READY,
        Reason.START_FAILED,
        Reason.PROBE_FAILING,
        Reason.DEPLOY_TIMEOUT,
        Reason.RUNNING,
    ),
    "Waiting": (Reason.WAITING_FOR_NODES, Reason.VERSION_NOT_READY, Reason.VERSION_NOT_FOUND),
    "Rollback": (Reason.ROLLED_BACK, Reason.STEP_FAILED),
    "Stop": (Reason.STOPPED, Reason.STOPPING, Reason.AUTO_STOPPED, Reason.SCALED_TO_ZERO),
}
_OF_KUBERNETES: Final[Mapping[EventPhase, tuple[str, ...]]] = {
    "Scheduling": (
        "Scheduled",
        "FailedScheduling",
        "FailedCreate",
        "Preempted",
        "NotTriggerScaleUp",
        "TriggeredScaleUp",
    ),
    "ImagePulling": ("Pulling", "Pulled", "ErrImagePull", "ImagePullBackOff", "InspectFailed"),
    "EnvironmentPreparation": ("FailedMount", "FailedAttachVolume", "SuccessfulAttachVolume", "FailedCreatePodSandBox"),
    "ModelStart": ("Created", "Started", "BackOff", "Unhealthy", "Failed"),
    "Stop": ("Evicted", "Killing"),
}
_BY_REASON: Final[Mapping[str, EventPhase]] = {
    **{reason: phase for phase, reasons in _OF_KUBERNETES.items() for reason in reasons},
    **{str(reason): phase for phase, reasons in _OF_OURS.items() for reason in reasons},
}


def phase_of(kind: str, reason: str) -> EventPhase:
    """Of something that happened to an object of that kind."""
    if kind == "AIApplicationVersion":
        return "ImageBuilding" if reason == Reason.IMAGE_COPYING else "Import"
    return _BY_REASON.get(reason, "Rollout")
