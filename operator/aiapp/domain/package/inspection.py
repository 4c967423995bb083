"""What one look at a package found. Values only; the caller turns them into conditions.

Nothing about a runtime or a node: that is decided from `Valid` elsewhere.
"""

from dataclasses import dataclass, field

from aiapp.api.conditions import Reason
from aiapp.api.image import ImageStatus
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import ModelStatus, TemplateStatus
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.kubernetes.resources import Json
from aiapp.modelarts.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionResult:
    """What every result has beside its own fields."""

    job: TrainingJobStatus | None = None
    """The training job whose output it is, or that is waited for."""
    live_job: Json | None = field(default=None, repr=False)
    """The training job that has the name now, as it was just read."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Words that nothing which is kept of that job may say."""


@dataclass(frozen=True, slots=True)
class Unresolved(InspectionResult):
    """The store did not list the package, or it would not hold still: `SourceResolved` is False."""

    reason: Reason
    message: str
    retryable: bool
    """False: a user has to fix something, though it is tried again all the same."""
    after_seconds: float | None = None
    """When the other side wants to be asked again, if it says so."""


@dataclass(frozen=True, slots=True)
class Waiting(InspectionResult):
    """What is to be imported does not exist yet, and nothing is wrong with that: `SourceResolved` is Unknown."""

    reason: Reason
    message: str
    after_seconds: float | None = None
    """Seconds until a look is worth while; None: when the job changes."""


@dataclass(frozen=True, slots=True)
class Unchanged(InspectionResult):
    """The listing is the one the caller knows, so no file was read and the last findings still hold."""

    listing: str


@dataclass(frozen=True, slots=True)
class Invalid(InspectionResult):
    """The package is listed but breaks a rule: `SourceResolved` is True, `PackageValid` is False."""

    uri: str
    """The folder that the source names."""
    listing: str
    reason: Reason
    message: str
    diagnostics: tuple[Diagnostic, ...] = ()
    """The same fault by fault; empty where the message is complete."""


@dataclass(frozen=True, slots=True)
class Valid(InspectionResult):
    """The package may be pinned: `SourceResolved` and `PackageValid` are True."""

    uri: str
    """The folder that holds config.json; every path of the manifest is relative to it."""
    listing: str
    manifest: Manifest
    model: ModelStatus
    runtime: str | None
    """As config.json writes it, not checked against anything."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was read leniently and what will probably not do, one by one."""
    warnings: tuple[str, ...] = ()
    """The latter as sentences."""
    content: KnownContent | None = None
    """What is known of the content without having read it."""
    image_reference: str | None = None
    """The image that config.json names in `swr_location`, which holds model and server."""
    image: ImageStatus | None = None
    """The user's own image that is to serve it; None: a runtime does."""
    template: TemplateStatus | None = None
    """What made it; None: it lay there as it is."""


@dataclass(frozen=True, slots=True)
class ValidImage(InspectionResult):
    """The image may be pinned: `SourceResolved` is True."""

    image: ImageStatus
    model: ModelStatus | None = None
    """What the config.json of a package says that names the image; None: the source names it itself."""
    uri: str | None = None
    """The folder of that config.json."""
    listing: str | None = None
    """Digest of that folder's listing."""


@dataclass(frozen=True, slots=True)
class Uncopied(InspectionResult):
    """Found, but not all of its image is in the installation's own registry: `ArtifactPinned` is not True."""

    found: Valid | ValidImage
    message: str
    """How far the copy is, or why it stopped."""
    reason: Reason | None = None
    """Why it stopped; None: it goes on."""
    after_seconds: float | None = None
    """Seconds until a look is worth while."""


Decided = Waiting | Unresolved | Unchanged | Invalid | Valid | ValidImage
"""What a look says of the source alone."""
Inspection = Decided | Uncopied
