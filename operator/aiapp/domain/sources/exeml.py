"""A model of an ExeML project as a source: what its version states, which is never where it lies."""

from aiapp.api.source import ExeMLSource


def model(source: ExeMLSource) -> str:
    """What is imported, for people."""
    return f"the model of ExeML project {source.project}"
