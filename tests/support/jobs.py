"""Training jobs as the cluster has them, in the states that decisions meet."""

from typing import Any, Final

Job = dict[str, Any]
STARTED: Final = "2026-01-02T11:00:00Z"
ENDED: Final = "2026-01-02T11:59:30Z"
OUTPUT: Final = "obs://models/mnist/1.0.0/"


def job(
    *, name: str = "train", uid: str = "uid-train", status: Job | None = None, env: Job | None = None, **metadata: Any
) -> Job:
    """A batch/v1 Job that says by its environment where it writes."""
    variables = [
        {"name": key, "value": value} for key, value in ({"train_url": OUTPUT} if env is None else env).items()
    ]
    container = {"name": "train", "image": "r/train:1", "command": ["python", "train.py"], "env": variables}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team", "uid": uid, "resourceVersion": "1", **metadata},
        "spec": {"template": template},
        "status": status or {},
    }


def running() -> Job:
    """The status of a job that runs."""
    return {"startTime": STARTED, "active": 1}


def succeeded(ended: str = ENDED) -> Job:
    """Of one that has succeeded."""
    complete = {"type": "Complete", "status": "True", "lastTransitionTime": ended, "reason": "CompletionsReached"}
    return {"startTime": STARTED, "completionTime": ended, "succeeded": 1, "conditions": [complete]}


def failed() -> Job:
    """Of one that has failed."""
    why = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
    condition = {"type": "Failed", "status": "True", "lastTransitionTime": ENDED, **why}
    return {"startTime": STARTED, "failed": 3, "conditions": [condition]}
