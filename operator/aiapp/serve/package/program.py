"""Runs the service file of a `Custom` package as a program in this very process; it never serves anything itself.

What the program raises is explained as for every other package. All that this needs is imported before the package
can put a module of the same name in the way.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

from ...modelarts.model_files import SERVICE_FILE
from .. import config
from ..termination import EXIT_START_FAILED, report
from .diagnosis import explain
from .tracebacks import print_traceback


def run(package: str, termination_log: str) -> int:
    """Runs it to its end. Returns the exit code; SystemExit and KeyboardInterrupt pass."""
    pins = config.read(package).pins
    _prepare(package)
    try:
        _execute(os.path.join(package, SERVICE_FILE))
    except KeyboardInterrupt:
        raise
    except SystemExit as ended:
        if ended.code:
            report(str(explain(ended, package, pins)), termination_log)
        raise
    except BaseException as error:
        print_traceback(error, package)
        report(str(explain(error, package, pins)), termination_log)
        return EXIT_START_FAILED
    return 0


def _prepare(package: str) -> None:
    """Imports from the package, from beside it, and then from where the image's Python does; not from our archive."""
    folders = [package, os.path.dirname(package)]
    sys.path[:1] = folders
    inherited = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *filter(None, [inherited])])
    sys.argv[:] = [os.path.join(package, SERVICE_FILE)]
    os.chdir(package)


def _execute(file: str) -> None:
    """As Python itself runs a file, `__main__` included: pickles and new processes look there."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    loader = SourceFileLoader("__main__", file)
    main.__dict__.update(__file__=file, __loader__=loader, __builtins__=__builtins__)
    exec(loader.source_to_code(loader.get_data(file), file), main.__dict__)  # noqa: S102 - the package's own program, by contract
