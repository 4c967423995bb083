"""Where in a folder the package lies, and whether it has the files that its engine needs.

Looks at names and sizes only, never into a file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.keys import shown
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.model_files import CONFIG_FILE, SERVICE_FILE, is_model, is_numbered, saved_models
from aiapp.modelarts.model_types import TENSORFLOW, ModelType

MODEL_FOLDER: Final = "model/"
"""The documented name of the folder that holds everything; a package may also be that folder, whatever it is called."""

WITHOUT_CONFIG: Final = (
    "only an image of your own (container.image) or a runtime with a server of its own (spec.runtime) takes a folder "
    "without one"
)

_VARIABLES_DATA: Final = "variables/variables.data-"
_MAX_EXAMPLES: Final = 3


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


def locate(files: Mapping[str, int], folder: str) -> Layout | Refusal:
    """The root among the files of `folder` (paths and sizes in bytes): where config.json lies, there or in `model/`."""
    here, below = CONFIG_FILE in files, f"{MODEL_FOLDER}{CONFIG_FILE}" in files
    if here and below:
        return Refusal(
            Reason.CONFIG_AMBIGUOUS,
            f"both {CONFIG_FILE} and {MODEL_FOLDER}{CONFIG_FILE} exist in {folder}: a package has exactly one; "
            "remove one of them",
        )
    if here:
        return Layout("", files)
    if below:
        return Layout(MODEL_FOLDER, _Below(files, MODEL_FOLDER))
    lack = f"neither {CONFIG_FILE} nor {MODEL_FOLDER}{CONFIG_FILE} exists in {folder}"
    return Refusal(Reason.CONFIG_MISSING, f"{lack}{_elsewhere(files, CONFIG_FILE)}; {WITHOUT_CONFIG}")


def missing_files(layout: Layout, kind: ModelType) -> Refusal | None:
    """What the package lacks for its engine: the inference code, or the model itself."""
    saved = saved_models(layout.files) if kind is TENSORFLOW else []
    has_code = SERVICE_FILE in layout.files
    if kind.needs_code and not has_code and not saved:
        lack = f"{layout.name(SERVICE_FILE)} does not exist, but {kind.name} needs it"
        return Refusal(Reason.SERVICE_CODE_MISSING, f"{lack}{_elsewhere(layout.files, SERVICE_FILE)}")
    if not kind.needs_model:
        return None
    needed = [folder for folder in saved if not folder or is_numbered(folder)] if has_code else saved[:1]
    if incomplete := _incomplete_saved_model(layout, needed):
        return incomplete
    return None if _has_model(layout, kind) else _no_model(layout, kind)


def _elsewhere(files: Mapping[str, int], wanted: str) -> str:
    found = nsmallest(_MAX_EXAMPLES, (path for path in files if path.endswith(f"/{wanted}")))
    return f" (found {', '.join(map(shown, found))}: name that folder instead)" if found else ""


def _has_model(layout: Layout, kind: ModelType) -> bool:
    return any(size > 0 and is_model(path, kind) for path, size in layout.files.items())


def _no_model(layout: Layout, kind: ModelType) -> Refusal:
    empty = nsmallest(_MAX_EXAMPLES, (path for path in layout.files if is_model(path, kind)))
    if empty:
        names = ", ".join(shown(layout.name(path)) for path in empty)
        return Refusal(Reason.MODEL_FILES_MISSING, f"every model file for {kind.name} is empty: {names}")
    endings = ", ".join(kind.suffixes)
    wanted = f"a file ending in {endings}, outside of hidden folders" if endings else "any file besides code"
    return Refusal(
        Reason.MODEL_FILES_MISSING, f"no model file for {kind.name} in {layout.root or './'}: it needs {wanted}"
    )


def _incomplete_saved_model(layout: Layout, folders: list[str]) -> Refusal | None:
    ends, wanted = (path.partition(_VARIABLES_DATA) for path in layout.files), set(folders)
    with_data = {folder for folder, found, _ in ends if found and folder in wanted}
    for folder in folders:
        if (index := f"{folder}variables/variables.index") not in layout.files:
            return _lacks(layout, folder, index)
        if folder not in with_data:
            return _lacks(layout, folder, f"{folder}{_VARIABLES_DATA}00000-of-00001")
    return None


def _lacks(layout: Layout, folder: str, path: str) -> Refusal:
    place = repr(layout.name(folder) or "./")
    return Refusal(
        Reason.MODEL_FILES_MISSING, f"{layout.name(path)} does not exist, but the SavedModel in {place} needs it"
    )
