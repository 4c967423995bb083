"""Where in a folder the package lies, and whether it has the files that its engine needs.

Looks at names and sizes only, never into a file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.package.service_code import SERVICE_CODE
from aiapp.modelarts.model_types import TENSORFLOW, ModelType

CONFIG: Final = "config.json"
MODEL_FOLDER: Final = "model/"
"""The documented name of the folder that holds everything; a package may also be that folder, whatever it is called."""

_SAVED_MODEL: Final = ("saved_model.pb", "saved_model.pbtxt")
_MAX_EXAMPLES: Final = 3
_PLACEHOLDER: Final = "tmp.om"
"""An empty file that older MindSpore packages carry; it is not a model."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The root of a package within the folder a user named, and the files below that root with their sizes in bytes."""

    root: str
    """Empty or `model/`."""
    files: Mapping[str, int]

    def name(self, path: str) -> str:
        """The file as messages call it: relative to the folder the user named."""
        return f"{self.root}{path}"


class _Below(Mapping[str, int]):
    """What lies in a folder, looked up as it is asked for: a package may have very many files."""

    def __init__(self, files: Mapping[str, int], folder: str) -> None:
        self._files = files
        self._folder = folder

    @override
    def __getitem__(self, path: str) -> int:
        return self._files[f"{self._folder}{path}"]

    @override
    def __iter__(self) -> Iterator[str]:
        return (path.removeprefix(self._folder) for path in self._files if path.startswith(self._folder))

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


def locate(files: Mapping[str, int]) -> Layout | Refusal:
    """The root among `files` (paths and sizes in bytes): where config.json lies, in the folder or its `model/`."""
    here, below = CONFIG in files, f"{MODEL_FOLDER}{CONFIG}" in files
    if here and below:
        return Refusal(
            Reason.CONFIG_AMBIGUOUS,
            f"both {CONFIG} and {MODEL_FOLDER}{CONFIG} exist: a package has exactly one; remove one of them",
        )
    if here:
        return Layout("", files)
    if below:
        return Layout(MODEL_FOLDER, _Below(files, MODEL_FOLDER))
    return Refusal(
        Reason.CONFIG_MISSING, f"neither {CONFIG} nor {MODEL_FOLDER}{CONFIG} exists{_elsewhere(files, CONFIG)}"
    )


def missing_files(layout: Layout, kind: ModelType) -> Refusal | None:
    """What the package lacks for its engine: the inference code, or the model itself."""
    if kind.needs_code and SERVICE_CODE not in layout.files and not (kind is TENSORFLOW and _saved_models(layout)):
        lack = f"{layout.name(SERVICE_CODE)} does not exist, but {kind.name} needs it"
        return Refusal(Reason.SERVICE_CODE_MISSING, f"{lack}{_elsewhere(layout.files, SERVICE_CODE)}")
    if not kind.needs_model:
        return None
    if kind is TENSORFLOW and (incomplete := _incomplete_saved_model(layout)):
        return incomplete
    return None if _has_model(layout, kind) else _no_model(layout, kind)


def _elsewhere(files: Mapping[str, int], wanted: str) -> str:
    found = sorted(path for path in files if path.endswith(f"/{wanted}"))[:_MAX_EXAMPLES]
    return f" (found {', '.join(map(repr, found))}: name that folder instead)" if found else ""


def _has_model(layout: Layout, kind: ModelType) -> bool:
    return any(size > 0 and _is_model(path, kind) for path, size in layout.files.items())


def _is_model(path: str, kind: ModelType) -> bool:
    if path in {CONFIG, SERVICE_CODE} or path.rpartition("/")[2] == _PLACEHOLDER:
        return False
    if not kind.suffixes:
        return not path.endswith(".py")
    return path.lower().endswith(kind.suffixes) or (kind is TENSORFLOW and ".ckpt" in path.lower())


def _no_model(layout: Layout, kind: ModelType) -> Refusal:
    empty = sorted(path for path in layout.files if _is_model(path, kind))[:_MAX_EXAMPLES]
    if empty:
        names = ", ".join(repr(layout.name(path)) for path in empty)
        return Refusal(Reason.MODEL_FILES_MISSING, f"every model file for {kind.name} is empty: {names}")
    wanted = f"a file ending in {', '.join(kind.suffixes)}" if kind.suffixes else f"any file besides {CONFIG} and code"
    return Refusal(
        Reason.MODEL_FILES_MISSING, f"no model file for {kind.name} in {layout.root or './'}: it needs {wanted}"
    )


def _saved_models(layout: Layout) -> list[str]:
    """Folders, empty or ending in `/`, from which a SavedModel is served: the root, or a number such as `1/`."""
    ends = (path.rpartition("/") for path in layout.files)
    found = {f"{folder}{slash}" for folder, slash, file in ends if file in _SAVED_MODEL}
    return sorted(folder for folder in found if not folder or folder.rstrip("/").isdecimal())


def _incomplete_saved_model(layout: Layout) -> Refusal | None:
    for folder in _saved_models(layout):
        variables = f"{folder}variables/variables."
        if f"{variables}index" not in layout.files:
            return _lacks(layout, folder, f"{variables}index")
        if not any(path.startswith(f"{variables}data-") for path in layout.files):
            return _lacks(layout, folder, f"{variables}data-00000-of-00001")
    return None


def _lacks(layout: Layout, folder: str, path: str) -> Refusal:
    place = repr(layout.name(folder) or "./")
    return Refusal(
        Reason.MODEL_FILES_MISSING, f"{layout.name(path)} does not exist, but the SavedModel in {place} needs it"
    )
