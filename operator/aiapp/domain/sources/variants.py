"""The source of a version, whatever its kind is: each question goes to the kind that is set.

A new kind of source is a case in each function here, which the type checker demands.
"""

from typing import Final

from aiapp.api.conditions import ConditionType
from aiapp.api.source import (
    READY_CONDITIONS,
    ExeMLSource,
    ImageSource,
    ObsSource,
    Source,
    SourceType,
    SourceVariant,
    TemplateSource,
    TrainingJobSource,
)
from aiapp.api.version import SourceStatus
from aiapp.domain.artifact.verification import StatedDigest
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources import exeml, image, obs, template, training_job
from aiapp.domain.sources.raw import EXEML, IMAGE, OBS, TEMPLATE, TRAINING_JOB

OF_EVERY_SOURCE: Final = (ConditionType.SOURCE_RESOLVED, ConditionType.ARTIFACT_PINNED)
UNKNOWN_SOURCE: Final = "spec.source names no source that this operator knows"


def type_of(source: Source) -> SourceType | None:
    """Its name in a status."""
    match source.variant:
        case ObsSource():
            return "Obs"
        case ImageSource():
            return "Image"
        case TrainingJobSource():
            return "TrainingJob"
        case TemplateSource():
            return "Template"
        case ExeMLSource():
            return "ExeML"
        case None:
            return None


def ready_conditions(source: Source) -> tuple[ConditionType, ...]:
    """The conditions that make a version Ready, in their order; of an unknown kind, those that every kind has."""
    type_ = type_of(source)
    return OF_EVERY_SOURCE if type_ is None else READY_CONDITIONS[type_]


def import_conditions(source: Source) -> tuple[ConditionType, ...]:
    """Those of them that belong to the import."""
    conditions = ready_conditions(source)
    return conditions[: conditions.index(ConditionType.ARTIFACT_PINNED) + 1]


def contents(source: Source) -> str:
    """What is imported, for people."""
    match source.variant:
        case ObsSource() as found:
            return obs.package(found)
        case ImageSource() as found:
            return image.image(found)
        case TrainingJobSource() as found:
            return training_job.output(found)
        case TemplateSource() as found:
            return template.package(found)
        case ExeMLSource() as found:
            return exeml.model(found)
        case None:
            return "the source"


def stated_digest(source: Source) -> StatedDigest | None:
    """The content digest that the source states."""
    match source.variant:
        case ObsSource() as found:
            return obs.stated_digest(found)
        case TemplateSource() as found:
            return template.stated_digest(found)
        case ImageSource() | TrainingJobSource() | ExeMLSource() | None:
            return None


def package_of(source: SourceVariant, status: SourceStatus | None) -> ObsSource | None:
    """The package in object storage that the source is or that was found at it; None where there is none to name.

    Of a template it is the bucket that the inputs lie in. Where a model of ExeML lies, no version says.
    """
    match source:
        case ObsSource():
            return source
        case TrainingJobSource():
            return training_job.imported_package(source, status)
        case TemplateSource():
            return template.bucket(source)
        case ImageSource() | ExeMLSource():
            return None


def canonical_source(source: Source) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`."""
    match source.variant:
        case ObsSource() as found:
            return {OBS: obs.canonical(found)}
        case ImageSource() as found:
            return {IMAGE: image.canonical(found)}
        case TrainingJobSource() as found:
            return {TRAINING_JOB: training_job.canonical(found)}
        case TemplateSource() as found:
            return {TEMPLATE: template.canonical(found)}
        case ExeMLSource():
            return {EXEML: {}}  # what is fetched, the pin says
        case None:
            return {}
