"""Why an application has no pods, and what to do: the words of its status, or of what it is asked to serve. Pure."""

from aiapp.domain.application.outcome import current_state
from aiapp.domain.kubernetes.resources import Json


def no_pods(application: Json, version: str | None = None) -> str:
    """For people; `version` is the number of the one whose pods are wanted, None: all are."""
    name, serving = application["metadata"]["name"], application["spec"].get("serving") or {}
    served = [one["version"] for one in serving.get("versions") or ()]
    if version is not None and version not in served:
        return f"it serves {', '.join(served) or 'nothing'}; `aiapp deploy {name} {version}` has it serve that one"
    return current_state(application)
