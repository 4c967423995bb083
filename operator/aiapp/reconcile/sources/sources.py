"""The source of a version, by its kind. The one place of the reconcilers that distinguishes kinds of sources."""

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.source import ExeMLSource, ImageSource, ObsSource, TemplateSource, TrainingJobSource
from aiapp.controller.workqueue import Key
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.package.inspection import Inspection, Unresolved
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Catalogue
from aiapp.domain.sources.variants import UNKNOWN_SOURCE
from aiapp.domain.version.resolution import takes_folders
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.exeml import ExeMLModel, ExeMLPorts
from aiapp.reconcile.sources.image import SourceImage
from aiapp.reconcile.sources.images import Images
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPackage, ObsPorts
from aiapp.reconcile.sources.template import TemplatePackage, TemplatePorts
from aiapp.reconcile.sources.training_job import TrainingJobOutput, TrainingJobPorts


class UnknownSource(LiveSource):
    """A source that a newer operator knows."""

    @override
    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        return Unresolved(Reason.SPEC_INVALID, UNKNOWN_SOURCE, retryable=False)

    @override
    async def compare(self) -> Finding:
        return unknown(ConditionType.SOURCE_UNCHANGED, Reason.SPEC_INVALID, UNKNOWN_SOURCE)

    @override
    async def require_access(self) -> None:
        raise AccessError(Reason.SPEC_INVALID, UNKNOWN_SOURCE)


UNKNOWN: Final = UnknownSource()


NO_CATALOGUE: Final[Catalogue] = {}


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of versions, with what each kind is read with."""

    obs: ObsPorts
    images: Images
    training_jobs: TrainingJobPorts
    templates: TemplatePorts
    exeml: ExeMLPorts

    def forget(self, key: Key) -> None:
        """Ends what goes on for a version that is gone."""
        self.images.forget(key)

    def of(self, record: VersionRecord, catalogue: Catalogue = NO_CATALOGUE) -> LiveSource:
        """The source of that version; the runtimes of `catalogue` bear on what is imported from it."""
        match record.spec.source.variant:
            case ObsSource() as source:
                return ObsPackage(record, source, self.obs, takes_folders(record.spec, catalogue))
            case ImageSource() as source:
                return SourceImage(record, source, self.images)
            case TrainingJobSource() as source:
                return TrainingJobOutput(record, source, self.templates, self.training_jobs)
            case TemplateSource() as source:
                return TemplatePackage(record, source, self.templates)
            case ExeMLSource():
                return ExeMLModel(record, self.exeml)
            case None:
                return UNKNOWN
