"""Places in a package's own files: where an exception came from, where a class is defined."""

from __future__ import annotations

import inspect
import os
import traceback
from typing import Tuple


def position(error: BaseException, package: str) -> Tuple[str, int]:
    """The innermost line of the package's own files that the error passed; ("", 0) when there is none."""
    file, line = "", 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        own = relative(frame.f_code.co_filename, package)
        if own:
            file, line = own, number
    return file, line


def definition(defined: type, package: str) -> Tuple[str, int]:
    """Where a class of the package is defined; ("", 0) when that cannot be found out."""
    try:
        file = relative(inspect.getsourcefile(defined) or "", package)
        return (file, inspect.getsourcelines(defined)[1]) if file else ("", 0)
    except (OSError, TypeError):
        return "", 0


def print_traceback(error: BaseException, package: str) -> None:
    """The traceback on stderr, from the package's first line on: what lies above is this server."""
    trace = error.__traceback__
    while trace is not None and not relative(trace.tb_frame.f_code.co_filename, package):
        trace = trace.tb_next
    if trace is None and not isinstance(error, SyntaxError):  # that names its place by itself
        trace = error.__traceback__
    traceback.print_exception(type(error), error, trace)


def relative(filename: str, package: str) -> str:
    """The path of one of the package's own files within it; empty for all other files.

    Code without a file has a name all the same (`<frozen os>`, `<string>`), which is no path in the working directory.
    """
    return os.path.relpath(os.path.realpath(filename), os.path.realpath(package)) if _is_own(filename, package) else ""


def is_within(path: str, package: str) -> bool:
    """Whether a path is the package's folder or lies in it."""
    path, package = os.path.realpath(path), os.path.realpath(package)
    return path == package or path.startswith(package + os.sep)


def _is_own(filename: str, package: str) -> bool:
    return os.path.isfile(filename) and is_within(filename, package)
