"""`serve.pyz install`: puts what a package depends on into a folder, with the pip of the image; it never serves.

The folder becomes a virtual environment that sees all of the image's libraries, so pip installs what is missing or of
another version and nothing else, and leaves the image as it is.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import os
import re
import signal
import subprocess
import sys
import sysconfig
from typing import Deque, Iterator, List, Mapping, NamedTuple, NoReturn, Sequence, Tuple

from ..termination import DEFAULT_LOG, report
from .installed import installed, unmet

PREFIX = "DependenciesFailed"
MAX_LENGTH = 1500
"""Characters of the last line: it must fit Kubernetes' termination message (4096 bytes) in any script."""
WHEELHOUSES = ("wheelhouse", "wheels")
"""Folders of a package that may hold its dependencies."""
_MARK = "complete"
"""File in the folder: a hash of what was installed there, once all of it is."""
_MAX_ERROR = 500
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "--retries=2", "--timeout=15")
_INSTALL = ("install", "--progress-bar=off", "--no-warn-script-location", "--prefer-binary")
_SECRET = re.compile(r"://[^/\s@]+@")
_CAUSE = re.compile(r"connection broken by '?(.*?)'?: /|Could not fetch URL \S+ (.*?) - skipping")


class Options(NamedTuple):
    """The options; `serve.pyz install --help` describes them."""

    package: str
    into: str
    requirements: Tuple[str, ...]
    config: str
    index_url: str
    extra_index_url: List[str]
    trusted_host: List[str]
    wheelhouse: str
    termination_log: str


class PipError(Exception):
    """An installation that failed; the message is in pip's words."""


def main(arguments: Sequence[str]) -> int:
    """Installs. Returns the exit code; the last line on stderr and the termination log name what failed."""
    signal.signal(signal.SIGTERM, _end_at_once)  # process 1 of a container ignores what it does not handle
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    options = Options(**vars(_parser().parse_args(arguments)))
    options = options._replace(package=os.path.abspath(options.package), into=os.path.abspath(options.into))
    try:
        _install(options)
    except PipError as error:
        return _failed(options.termination_log, str(error))
    except OSError as error:
        return _failed(options.termination_log, f"{error.filename or options.into}: {error.strerror}")
    return 0


def _end_at_once(_number: int, _frame: object) -> NoReturn:
    os._exit(143)


def _install(options: Options) -> None:
    wanted, mark = options.requirements, os.path.join(options.into, _MARK)
    if _read(mark) == _digest(wanted):
        print("dependencies: installed already")
        return
    missing = unmet(wanted, options.package, installed(sys.path))
    print(f"dependencies: {len(wanted) - len(missing)} of {len(wanted)} satisfied by the image")
    if not missing:
        return
    print("dependencies: to install: " + ", ".join(missing))
    _make_environment(options.into)
    _run_pip(Pip(options), wanted)
    with open(mark, "w", encoding="ascii") as file:
        file.write(_digest(wanted))
    print(f"dependencies: installed into {options.into}")


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def _digest(requirements: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()


def _make_environment(folder: str) -> None:
    """An empty virtual environment on top of what this interpreter sees, which may be one itself."""
    try:
        import venv  # noqa: PLC0415 - some images leave it out
    except ImportError:
        raise PipError(f"the image's Python ({sys.executable}) has no module venv: install python3-venv") from None
    venv.EnvBuilder(system_site_packages=True, clear=True, symlinks=True).create(folder)
    if sys.prefix != sys.base_prefix:
        inner = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
        with open(os.path.join(inner, "image.pth"), "w", encoding="utf-8") as file:
            file.write(sysconfig.get_path("purelib") + "\n")


def _run_pip(pip: "Pip", wanted: Sequence[str]) -> None:
    """Installs all at once, so that pip finds versions that go together; where it cannot, one after the other."""
    pip.require()
    together = [argument for text in wanted for argument in _arguments(text)]
    for sources in pip.sources():
        if pip.run(*_INSTALL, *sources, *together) == 0:
            return
    if len(wanted) > 1:
        print("dependencies: not all at once: trying one after the other, in the order of config.json")
    for text in wanted:
        if not any(pip.run(*_INSTALL, *sources, *_arguments(text)) == 0 for sources in pip.sources()):
            raise PipError(f"{text}: {pip.reason()}")


def _arguments(requirement: str) -> List[str]:
    return requirement.split(" ", 1) if requirement.startswith("-r ") else [requirement]


class Pip:
    """Runs pip in the folder's environment, prints its output, and keeps the last lines of it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._python = os.path.join(options.into, "bin", "python")
        self._environment = environment(options, os.environ)
        self._output: Deque[str] = collections.deque(maxlen=400)
        self._status = 0

    def require(self) -> None:
        """Takes the image's pip, else the one that is bundled with Python. Raises PipError without either."""
        if self._call("-m", "pip", "--version") == 0 or self._call("-m", "ensurepip") == 0:
            return
        raise PipError(f"the image's Python ({sys.executable}) has neither pip nor ensurepip: add pip to the image")

    def sources(self) -> Iterator[Tuple[str, ...]]:
        """Yields where to look, in order: only in the wheels at hand if there are any, then also in the index."""
        folders = [os.path.join(self._options.package, name) for name in WHEELHOUSES] + [self._options.wheelhouse]
        found = tuple(f"--find-links={folder}" for folder in folders if folder and os.path.isdir(folder))
        if found:
            yield ("--no-index", *found)
        yield found

    def run(self, *arguments: str) -> int:
        """The exit code of `pip ARGUMENTS`, in the package's folder."""
        return self._call(*_PIP, *arguments)

    def reason(self) -> str:
        """Why it failed, in pip's words: its errors, and why the index could not be reached if so."""
        if self._status < 0:
            name = signal.Signals(-self._status).name
            return f"pip was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
        errors = [_shortened(line.partition("ERROR:")[2].strip()) for line in self._output if line.startswith("ERROR:")]
        causes = [match.group(1) or match.group(2) for match in map(_CAUSE.search, self._output) if match]
        reasons = list(dict.fromkeys(filter(None, errors))) or [line for line in self._output if line.strip()][-1:]
        return "; ".join([*reasons, *(f"the index could not be reached: {cause}" for cause in causes[-1:])])

    def _call(self, *arguments: str) -> int:
        self._output.clear()
        with subprocess.Popen(  # noqa: S603 - the image's own Python
            [self._python, *arguments],
            cwd=self._options.package,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
        ) as process:
            for line in process.stdout or ():
                shown = _SECRET.sub("://***@", line.rstrip())
                self._output.append(shown)
                print(shown)
        self._status = process.returncode
        return self._status


def environment(options: Options, given: Mapping[str, str]) -> Mapping[str, str]:
    """Returns pip's environment: the pod's variables win over the mounted pip.conf, which replaces our settings."""
    if os.path.isfile(options.config):
        return {"PIP_CONFIG_FILE": options.config, **given}
    ours = {
        "PIP_INDEX_URL": options.index_url,
        "PIP_EXTRA_INDEX_URL": " ".join(options.extra_index_url),
        "PIP_TRUSTED_HOST": " ".join(options.trusted_host),
    }
    return {**{name: value for name, value in ours.items() if value}, **given}


def _shortened(text: str) -> str:
    """The beginning names the requirement, the end the newest of the versions that there are."""
    return text if len(text) <= _MAX_ERROR else f"{text[: _MAX_ERROR // 2]} ... {text[-_MAX_ERROR // 2 :]}"


def _failed(termination_log: str, why: str) -> int:
    report(" ".join(f"{PREFIX}: {why}".split())[:MAX_LENGTH], termination_log)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="serve.pyz install",
        description="Install what a package depends on into a folder, for `serve.pyz --dependencies`.",
        epilog="Exit codes: 0 done, 1 failed (last line: 'DependenciesFailed: ...'), 2 wrong command line. "
        "Example: serve.pyz install --package /home/mind/model --into /opt/aiapp-dependencies -- 'numpy>=1.21' ./a.whl",
    )
    parser.add_argument("--package", required=True, help="folder of the package; relative paths start there")
    parser.add_argument("--into", required=True, help="folder that becomes a virtual environment; it is emptied first")
    parser.add_argument("--config", default="", metavar="FILE", help="pip.conf to use if it exists")
    parser.add_argument("--index-url", default="", metavar="URL", help="index, unless FILE exists")
    parser.add_argument("--extra-index-url", default=[], action="append", metavar="URL", help="the same; repeatable")
    parser.add_argument("--trusted-host", default=[], action="append", metavar="HOST", help="the same; repeatable")
    parser.add_argument(
        "--wheelhouse",
        default="",
        metavar="DIR",
        help=f"folder of wheels, beside {' and '.join(WHEELHOUSES)} in the package: tried first, without the index",
    )
    parser.add_argument("--termination-log", default=DEFAULT_LOG, metavar="FILE", help="gets the last line")
    parser.add_argument("requirements", nargs="*", metavar="REQUIREMENT", help="as pip reads them, or '-r FILE'")
    return parser
