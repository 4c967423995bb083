"""Which modules that a package's code imports are nowhere to be seen. Names only: nothing is ever imported."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aiapp.domain.package.service_code import Import
from aiapp.modelarts.dependencies import distribution, package_file
from aiapp.modelarts.libraries import brought_by

PACKAGE: Final = "model"
"""The package's folder as code imports from it: `from model.helper import name`."""

_PLATFORM: Final = frozenset({"model_service", "log", "metric", "mms"})
_FORMER_STANDARD_LIBRARY: Final = frozenset(
    {
        *("aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils"),
        *("dummy_threading", "formatter", "imghdr", "imp", "lib2to3", "macpath", "mailcap", "msilib", "nis"),
        *("nntplib", "ossaudiodev", "parser", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "symbol"),
        *("telnetlib", "uu", "xdrlib"),
    }
)
"""Modules of Python 3.7 that a later one has not."""
_IN_IMAGES: Final = frozenset(
    {
        *("acl", "absl", "attr", "cffi", "cloudpickle", "cv2", "Cython", "cython", "dateutil", "decorator"),
        *("google", "grpc", "h5py", "hccl", "joblib", "keras", "lightgbm", "matplotlib", "mindspore"),
        *("mindx", "ml_dtypes", "moxing", "mxnet", "networkx", "npu_bridge", "npu_device", "numpy", "obs"),
        *("onnx", "onnxruntime", "packaging", "pandas", "PIL", "pip", "pkg_resources", "psutil", "pyspark"),
        *("pytz", "requests", "scipy", "seaborn", "setuptools", "six", "skimage", "sklearn", "sympy", "tbe"),
        *("te", "tensorboard", "tensorflow", "tensorflow_core", "torch", "torch_npu", "torchaudio"),
        *("torchvision", "tqdm", "typing_extensions", "urllib3", "wheel", "xgboost", "yaml"),
    }
)
"""Libraries that images for inference have: an engine, what it needs itself, what services commonly use beside it."""


class Missing(NamedTuple):
    """A module that is not there."""

    message: str
    line: int


Modules = Mapping[str, bool]
"""Dotted names of the package's modules and of the folders that hold some; whether each has code of its own."""


def missing_modules(imports: Iterable[Import], modules: Modules, dependencies: Sequence[str]) -> Iterator[Missing]:
    """Each once, with the line of its first import."""
    told: set[str] = set()
    for one in imports:
        found = _in_package(one, modules) or (not one.level and _in_no_library(one.module, modules, dependencies))
        if found and found not in told:
            told.add(found)
            yield Missing(found, one.line)


def is_of_package(one: Import, modules: Modules) -> bool:
    """Whether what is imported is code of the package itself."""
    return _name_in_package(one, modules) is not None


def modules_of(files: Iterable[str]) -> Modules:
    """The modules among the paths of a package; the empty name is the package as a module."""
    found: dict[str, bool] = {}
    for path in files:
        name, _, ending = path.rpartition("/")[2].partition(".")
        if not ending.endswith(("py", "so", "pyc", "pyd")):
            continue
        folder = path.rpartition("/")[0].replace("/", ".")
        if name != "__init__":
            found[f"{folder}.{name}".lstrip(".")] = True
        found[folder] = found.get(folder, False) or name == "__init__"
        while folder := folder.rpartition(".")[0]:
            found.setdefault(folder, False)
    return found


def _in_package(one: Import, modules: Modules) -> str | None:
    """What is missing of a module that the package has to have."""
    wanted = _name_in_package(one, modules)
    if wanted is None:
        return None
    parts = [part for part in wanted.split(".") if part]
    for end in range(1, len(parts) + 1):
        if ".".join(parts[:end]) not in modules:
            return f"the package has no {'/'.join(parts[:end])}.py"
    if modules.get(wanted, False):
        return None
    lacks = next((name for name in one.names if name != "*" and f"{wanted}.{name}".lstrip(".") not in modules), None)
    return None if lacks is None else f"the package has no {'/'.join([*parts, lacks])}.py"


def _name_in_package(one: Import, modules: Modules) -> str | None:
    """The module's name within the package, empty for the package itself; None if it is looked for elsewhere."""
    top, _, rest = one.module.partition(".")
    if one.level:
        return one.module if one.level == 1 else None
    if top in modules:
        return one.module
    return rest if top == PACKAGE else None


def _in_no_library(module: str, modules: Modules, dependencies: Sequence[str]) -> str | None:
    top = module.partition(".")[0]
    if top in modules or top == PACKAGE or top in sys.stdlib_module_names or _is_common(top):
        return None
    if any(package_file(requirement) for requirement in dependencies):
        return None  # what files of the package bring is not known
    if brought_by(module, filter(None, map(distribution, dependencies))):
        return None
    return f"no module {top!r} in the package, nor asked for by its dependencies: the image has to have it"


def _is_common(top: str) -> bool:
    return top in _PLATFORM or top in _FORMER_STANDARD_LIBRARY or top in _IN_IMAGES
