"""A model of an ExeML project as a source: what its version states, which is never where it lies."""

from aiapp.api.source import ExeMLSource, TrainingJobSource


def model(source: ExeMLSource) -> str:
    """What is imported, for people."""
    return f"the model of ExeML project {source.project}"


def project_job(source: ExeMLSource) -> TrainingJobSource:
    """The job that made it, as other versions name theirs; where that wrote, nobody says."""
    job = source.job
    return TrainingJobSource(api_version=job.api_version, kind=job.kind, name=job.name, uid=job.uid)
