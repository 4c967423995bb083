"""The output of a training job as a source: a package in object storage, once it is known where. Never asks a store."""

from aiapp.api.source import InputFolder, ObsSource, TemplateSource, TrainingJobSource
from aiapp.api.version import SourceStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.obs import canonical_store, package_at, store_fields


def output(source: TrainingJobSource) -> str:
    """What is imported, for people."""
    return f"the output of {source.kind} {source.name}"


def as_template(source: TrainingJobSource, uri: str) -> TemplateSource | None:
    """What the job wrote to `uri` as the input of its template; None where it names none."""
    if source.template is None:
        return None
    return TemplateSource(
        name=source.template.name,
        mode=source.template.mode,
        inputs=(InputFolder(name=source.template.input, uri=uri),),
        **store_fields(source),
    )


def imported_package(source: TrainingJobSource, status: SourceStatus | None) -> ObsSource | None:
    """The package that was imported; None while it is not known where it lies."""
    return package_at(status.uri, source) if status is not None and status.uri is not None else None


def canonical(source: TrainingJobSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`: of what lies at the store, the pin says it."""
    return canonical_store(source)
