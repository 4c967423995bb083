"""Whether a package is accepted, from everything that was read of it, and what will probably not do all the same."""

from dataclasses import dataclass

from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.package.config import PackageConfig
from aiapp.domain.package.inspection import Valid
from aiapp.domain.package.layout import Layout, missing_files
from aiapp.domain.package.refusal import Refusal, together
from aiapp.domain.package.service_code import ServiceCode
from aiapp.domain.package.serving import CodeWarning, code_warnings, unserved_code
from aiapp.domain.weights.found import FoundWeights, model, plain_folder, warnings
from aiapp.modelarts.diagnostics import Diagnostic
from aiapp.modelarts.model_files import SERVICE_FILE
from aiapp.modelarts.model_types import CUSTOM


@dataclass(frozen=True, slots=True)
class Accepted:
    """A package that breaks no rule."""

    layout: Layout
    config: PackageConfig
    code_warnings: tuple[CodeWarning, ...]
    """Of its code."""

    def valid(self, folder: str, listing: str, manifest: Manifest) -> Valid:
        """The result of the look at `folder` that found it."""
        file = self.layout.name(SERVICE_FILE)
        return Valid(
            uri=f"{folder}{self.layout.root}",
            listing=listing,
            manifest=manifest,
            model=self.config.model,
            runtime=self.config.runtime,
            image_reference=self.config.read.image,
            diagnostics=(
                *self.config.diagnostics,
                *(Diagnostic("warning", warning.message, file, line=warning.line) for warning in self.code_warnings),
            ),
            warnings=(*self.config.warnings, *(_sentence(file, warning) for warning in self.code_warnings)),
        )


@dataclass(frozen=True, slots=True)
class AcceptedWeights:
    """Weights whose config.json is the model's own."""

    layout: Layout
    weights: FoundWeights

    def valid(self, folder: str, listing: str, manifest: Manifest) -> Valid:
        """The result of the look at `folder` that found them."""
        sentences = warnings(self.weights)
        return Valid(
            uri=f"{folder}{self.layout.root}",
            listing=listing,
            manifest=manifest,
            model=model(self.weights),
            runtime=None,
            diagnostics=tuple(Diagnostic("warning", sentence) for sentence in sentences),
            warnings=sentences,
        )


@dataclass(frozen=True, slots=True)
class AcceptedFolder:
    """Files without a config.json, which are handed on as they are."""

    layout: Layout

    def valid(self, folder: str, listing: str, manifest: Manifest) -> Valid:
        """The result of the look at `folder` that found them."""
        return Valid(
            uri=f"{folder}{self.layout.root}", listing=listing, manifest=manifest, model=plain_folder(), runtime=None
        )


AnyAccepted = Accepted | AcceptedWeights | AcceptedFolder


def accept(
    layout: Layout, config: PackageConfig, code: ServiceCode | Refusal | None, *, own_image: bool = False
) -> Accepted | Refusal:
    """All faults of the files and of the code at once; `code` is None where there is none.

    `own_image`: an image of the user's own serves the package, and knows what files that takes.
    """
    if own_image:
        return Accepted(layout, config, ())
    refusals = [
        missing_files(layout, config.kind),
        code if isinstance(code, Refusal) else _unserved(layout, config, code),
    ]
    if found := [refusal for refusal in refusals if refusal]:
        return together(found, config.diagnostics)
    if not isinstance(code, ServiceCode):
        return Accepted(layout, config, ())
    return Accepted(
        layout, config, tuple(code_warnings(code, config.kind, layout.files, config.model.dependencies or ()))
    )


def _unserved(layout: Layout, config: PackageConfig, code: ServiceCode | None) -> Refusal | None:
    if code is None or config.kind is CUSTOM:
        return None
    return unserved_code(code, layout.name(SERVICE_FILE))


def _sentence(file: str, warning: CodeWarning) -> str:
    return f"{file}{f' line {warning.line}' if warning.line else ''}: {warning.message}"
