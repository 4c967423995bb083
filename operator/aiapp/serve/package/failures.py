"""Why a package could not be started, as one line that a person and the operator both can read.

The form is stable: `StartFailed: <file>:<line>: <what>`; file and line are left out when no line of the
package is at fault.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback
from typing import NamedTuple, Optional, Sequence, Tuple

from ...modelarts.libraries import brought_by
from ..compat import override
from ..config import Pin

PREFIX = "StartFailed"
MAX_LENGTH = 1500
"""Characters of the line: it must fit Kubernetes' termination message (4096 bytes) in any script."""

_LINE = re.compile(PREFIX + r": (?:(?P<file>[^:\s][^:]*\.(?:py|json))(?::(?P<line>\d+))?: )?(?P<what>.*)")
_NO_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_SHARED_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object")


class StartFailure(NamedTuple):
    """`file` is relative to the package (empty: none is at fault), `line` 0 when there is none."""

    what: str
    file: str = ""
    line: int = 0

    @override
    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        text = " ".join(f"{PREFIX}: {where}{self.what}".split())
        return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 3] + "..."


class StartError(Exception):
    """Raised with a StartFailure by rules of our own, when no exception of the package tells it better."""

    def __init__(self, failure: StartFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def parse(line: str) -> Optional[StartFailure]:
    """The failure in a last log line or termination message; None when it is something else."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        return None
    return StartFailure(match.group("what"), match.group("file") or "", int(match.group("line") or 0))


def explain(error: BaseException, package: str, pins: Sequence[Pin]) -> StartFailure:
    """Say what of the package (or of the image) is at fault when importing or constructing it raised `error`."""
    if isinstance(error, StartError):
        return error.failure
    if isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        file = relative(error.filename, package) or error.filename
        return StartFailure(
            f"{type(error).__name__}: {error.msg} (column {error.offset or 0})", file, error.lineno or 0
        )
    file, line = position(error, package)
    return StartFailure(_what(error, pins), file, line)


def position(error: BaseException, package: str) -> Tuple[str, int]:
    """The innermost line of the package's own files that the error passed; ("", 0) when there is none."""
    file, line = "", 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        own = relative(frame.f_code.co_filename, package)
        if own:
            file, line = own, number
    return file, line


def print_traceback(error: BaseException, package: str) -> None:
    """The traceback on stderr, from the package's first line on: what lies above is this server."""
    trace = error.__traceback__
    while trace is not None and not relative(trace.tb_frame.f_code.co_filename, package):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__)


def relative(filename: str, package: str) -> str:
    """The path of one of the package's own files within it; empty for all other files.

    Code without a file has a name all the same (`<frozen os>`, `<string>`), which is no path in the working directory.
    """
    filename, package = os.path.realpath(filename), os.path.realpath(package)
    is_own = filename.startswith(package + os.sep) and os.path.isfile(filename)
    return os.path.relpath(filename, package) if is_own else ""


def _what(error: BaseException, pins: Sequence[Pin]) -> str:
    if isinstance(error, SystemExit):
        return f"the code called sys.exit({error.code!r})"
    text = str(error)
    shared = _SHARED_LIBRARY.search(text)
    if shared:
        return f"missing shared library {shared.group(1)!r} in the image ({_headline(error)})"
    if isinstance(error, ImportError) and error.name:
        return _import_failure(error, error.name, pins)
    attribute = _NO_ATTRIBUTE.search(text)
    if isinstance(error, AttributeError) and attribute:
        library, name = attribute.groups()
        return f"library {_installed(library)} has no {name!r} {_asked(library, pins)}"
    return _headline(error)


def _import_failure(error: ImportError, module: str, pins: Sequence[Pin]) -> str:
    library = module.partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and not _exists(library):
        return f"missing library {module!r} {_asked(module, pins)}"
    return f"library {_installed(library)}: {error} {_asked(module, pins)}"


def _headline(error: BaseException) -> str:
    lines = "".join(traceback.format_exception_only(type(error), error)).strip()
    is_of_code = isinstance(error, SyntaxError)  # the lines before the last show the code
    return (lines.splitlines()[-1] if is_of_code else lines) or type(error).__name__


def _exists(library: str) -> bool:
    try:
        return library in sys.modules or importlib.util.find_spec(library) is not None
    except (ImportError, ValueError):
        return False


def _installed(module: str) -> str:
    library = module.partition(".")[0]
    version = getattr(sys.modules.get(library), "__version__", "")
    return f"{library!r} {version}".strip() if isinstance(version, str) else repr(library)


def _asked(module: str, pins: Sequence[Pin]) -> str:
    """What config.json says of the library that a module belongs to."""
    name = brought_by(module, [pin.name for pin in pins])
    asked = next((pin for pin in pins if pin.name == name), None)
    return "(config.json does not ask for it)" if asked is None else f"(config.json asks for {asked.text})"
