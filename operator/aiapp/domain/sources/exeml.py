"""A model of an ExeML project as a source: what its version states, which is never where it lies."""

from aiapp.api.source import ExeMLSource
from aiapp.domain.kubernetes.resources import Json


def model(source: ExeMLSource) -> str:
    """What is imported, for people."""
    return f"the model of ExeML project {source.project}"


def canonical(source: ExeMLSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`: what is fetched, the pin says."""
    return {"project": source.project}
