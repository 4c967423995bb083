"""What a version chooses of a template: the mode and the folders of its inputs; or why that does not go together."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from aiapp.api.conditions import Reason
from aiapp.api.source import TemplateSource
from aiapp.api.template import DeploymentType, Handlers, Mode, TemplateInput, TemplateSpec
from aiapp.api.version import TemplateStatus
from aiapp.domain.artifact.entry import MAX_INLINE_BYTES
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.keys import KeyRefusedError, checked_path
from aiapp.domain.package.config import read_config
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.templates.modes import MODES
from aiapp.modelarts.model_files import CONFIG_FILE
from aiapp.modelarts.model_types import model_type


@dataclass(frozen=True, slots=True)
class FilledInput:
    """An input of the template with the folder that a version names for it."""

    input: TemplateInput
    uri: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A template as a version uses it."""

    name: str
    spec: TemplateSpec
    mode: Mode | None
    inputs: tuple[FilledInput, ...]

    @property
    def status(self) -> TemplateStatus:
        """As the version's status shows it."""
        return TemplateStatus(name=self.name, mode=self.mode, deployment_types=deployment_types(self.spec, self.mode))

    @property
    def files(self) -> dict[str, bytes]:
        """What the template itself brings, by path; config.json is among them."""
        given = {path: text.encode() for path, text in (self.spec.files or {}).items()}
        return given | {CONFIG_FILE: config_json(self.spec, self.mode)}

    @property
    def handler(self) -> bytes | None:
        """The inference code of a package that has none."""
        text = _handler(self.spec.handlers, self.mode)
        return None if text is None else text.encode()


def choice(name: str, spec: TemplateSpec, source: TemplateSource) -> Choice | Refusal:
    """The template called `name` as the source uses it."""
    if faults := list(template_faults(spec)):
        return Refusal(Reason.TEMPLATE_INVALID, f"InferenceTemplate {name}: {'; '.join(faults)}")
    if source.mode not in {None, spec.mode} and not spec.overridable:
        fixed = f"has the mode {spec.mode}, which" if spec.mode else "has a config.json of its own, whose mode"
        message = f"InferenceTemplate {name} {fixed} a version may not change: leave spec.source.template.mode out"
        return Refusal(Reason.MODE_NOT_OVERRIDABLE, message)
    folders = {one.name: one.uri for one in source.inputs}
    wrong = _unknown_inputs(name, spec, folders) or _missing_inputs(name, spec, folders)
    if wrong is not None:
        return wrong
    filled = tuple(FilledInput(one, folders[one.name]) for one in spec.inputs if one.name in folders)
    return Choice(name, spec, source.mode or spec.mode, filled)


def template_faults(spec: TemplateSpec) -> Iterator[str]:
    """What keeps any version from using the template; beside what the API server refuses."""
    config = config_json(spec, spec.mode)
    read = read_config(config, CONFIG_FILE)
    if isinstance(read, Refusal):
        yield read.message
    elif read.kind is not model_type(spec.engine):
        yield f"config.json names the model_type {read.kind.name}, engine is {spec.engine}"
    for field, content in _written(spec, config):
        if len(content) > MAX_INLINE_BYTES:
            yield f"{field}: it has {len(content)} bytes; at most {MAX_INLINE_BYTES} are kept"
    for path in spec.files or ():
        try:
            checked_path(path)
        except KeyRefusedError as error:
            yield f"files: {error.rule}"
    yield from _clashes(spec)


def _clashes(spec: TemplateSpec) -> Iterator[str]:
    """Files of every package that would lie where another one is, or below one. An input that a version may leave out
    clashes with nothing: it may stand for another one.
    """
    own = {path: f"files, {path}" for path in (CONFIG_FILE, *(spec.files or ()))}
    needed = {one.target: f"inputs, {one.name}" for one in spec.inputs if one.required}
    for target in sorted(own.keys() & needed.keys()):
        yield f"{needed[target]}: its target is {target}, which the template itself has"
    places = own | needed
    for file in places:
        if file and not file.endswith("/"):
            below = (place for path, place in places.items() if path.startswith(f"{file}/"))
            yield from (f"{place}: {file} is a file, below which nothing can lie" for place in below)


def _written(spec: TemplateSpec, config: bytes) -> Iterator[tuple[str, bytes]]:
    """Each text, with the field that has it."""
    yield CONFIG_FILE, config
    for path, text in (spec.files or {}).items():
        yield f"files, {path}", text.encode()
    for mode in MODES:
        yield f"handlers, {mode}", (_handler(spec.handlers, mode) or "").encode()


def deployment_types(spec: TemplateSpec, mode: Mode | None) -> tuple[DeploymentType, ...]:
    """How packages of that mode may be deployed; the first type is always possible."""
    possible = MODES[mode].deployment_types if mode else MODES["PredictiveAnalytics"].deployment_types
    wanted = spec.deployment_types or possible
    return tuple(one for one in possible if one in wanted) or possible[:1]


def config_json(spec: TemplateSpec, mode: Mode | None) -> bytes:
    """The config.json of its packages: always the same bytes for the same template and mode."""
    if mode is None:
        return (spec.files or {}).get(CONFIG_FILE, "").encode()
    made = MODES[mode]
    written: Json = {"model_type": spec.engine, "runtime": spec.runtime, "model_algorithm": made.algorithm}
    written |= {"apis": list(made.apis)} if made.apis else {}
    return f"{json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False)}\n".encode()


def _handler(handlers: Handlers | None, mode: Mode | None) -> str | None:
    if handlers is None:
        return None
    match mode:
        case "ObjectDetection":
            return handlers.object_detection
        case "ImageProcessing":
            return handlers.image_processing
        case "PredictiveAnalytics":
            return handlers.predictive_analytics
        case "Undefined":
            return handlers.undefined
        case None:
            return None


def _unknown_inputs(name: str, spec: TemplateSpec, folders: dict[str, str]) -> Refusal | None:
    known = [one.name for one in spec.inputs]
    unknown = [one for one in folders if one not in known]
    if not unknown:
        return None
    message = f"InferenceTemplate {name} has no input {' or '.join(unknown)}: it has {', '.join(known)}"
    return Refusal(Reason.INPUT_UNKNOWN, message)


def _missing_inputs(name: str, spec: TemplateSpec, folders: dict[str, str]) -> Refusal | None:
    missing = [one for one in spec.inputs if one.required and one.name not in folders]
    if not missing:
        return None
    wanted = ", ".join(f"{one.name} ({one.description})" if one.description else one.name for one in missing)
    message = f"InferenceTemplate {name} needs a folder for: {wanted}; name it in spec.source.template.inputs"
    return Refusal(Reason.INPUT_MISSING, message)
