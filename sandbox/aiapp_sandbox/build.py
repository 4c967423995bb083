"""Builds the pinned programs with Go, once per content of the pins. Never runs what it built."""

import hashlib
import json
import os
import platform
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.locks import exclusive
from aiapp_sandbox.pins import Files, Module, Tool
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.waiting import called_off

_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
STAND_INS = "standins"
"""The folder of a module with small modules of our own in place of those that no module proxy serves."""
_PART = ".part-"
_LOOK_SECONDS = 0.2
_KEPT_LINES = 30


def cache(environ: Mapping[str, str]) -> Path:
    """Where built programs are kept, below XDG_CACHE_HOME."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).absolute() / "aiapp/bin"


def digest(module: Module, target: str) -> str:
    """Identifies the content of a build: pins, flags and target platform."""
    pinned = {str(path.relative_to(module.folder)): path.read_text() for path in sorted(_pinning(module))}
    content = json.dumps([target, pinned, _flags(module), _ENVIRONMENT], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _pinning(module: Module) -> Iterator[Path]:
    """The files that decide what is built."""
    yield from (module.folder / name for name in ("go.mod", "go.sum"))
    yield from (path for path in module.folder.glob(f"{STAND_INS}/**/*") if path.is_file())


def built(tools: Sequence[Tool], environ: Mapping[str, str], progress: Progress) -> dict[str, Path]:
    """The programs, all of one module, from the cache or built now; racing callers wait for one build."""
    module = tools[0].module
    target = _target(module, environ)
    paths = {tool.name: target / tool.name for tool in tools}
    if all(path.exists() for path in paths.values()):
        return paths

    with _alone(target, progress):
        missing = [tool for tool in tools if not paths[tool.name].exists()]
        if missing:
            _build(module, missing, target, environ, progress)
    return paths


def files(wanted: Files, environ: Mapping[str, str], progress: Progress) -> Path:
    """A folder with copies of the files, from the cache or made now with what Go has downloaded."""
    target = _target(wanted.module, environ)
    copy = target / wanted.name
    if copy.exists():
        return copy
    with _alone(target, progress):
        if not copy.exists():
            _copy(wanted, copy, environ)
    return copy


def _copy(wanted: Files, target: Path, environ: Mapping[str, str]) -> None:
    command = [_go(wanted.module, environ), "mod", "download", "-json", wanted.path]
    done = subprocess.run(
        command,
        cwd=wanted.module.folder,
        env={**environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"go could not download {wanted.path}:\n{done.stderr.strip()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PART, dir=target.parent) as part:
        copied = Path(part) / wanted.name
        copied.mkdir()
        for file in Path(json.loads(done.stdout)["Dir"]).glob(wanted.pattern):
            shutil.copyfile(file, copied / file.name)
        copied.replace(target)


def _target(module: Module, environ: Mapping[str, str]) -> Path:
    return cache(environ) / f"{module.name}-{digest(module, platform_name())}"


def _alone(target: Path, progress: Progress) -> AbstractContextManager[None]:
    """No other process writes to the folder meanwhile."""
    name = target.name.rpartition("-")[0]
    return exclusive(
        target.parent / f".{target.name}.lock",
        on_wait=lambda: progress.doing(f"waiting for another process that builds {name}"),
    )


def platform_name() -> str:
    """The platform that programs are built for: this machine's."""
    return f"{platform.system()}-{platform.machine()}".lower()


def _flags(module: Module) -> list[str]:
    tags = ["-tags", module.tags] if module.tags else []
    return ["-mod=readonly", "-buildvcs=false", "-trimpath", *tags, "-ldflags", module.ldflags]


def _build(module: Module, tools: Sequence[Tool], target: Path, environ: Mapping[str, str], progress: Progress) -> None:
    go = _go(module, environ)
    target.mkdir(parents=True, exist_ok=True)
    for left_by_a_killed_build in target.glob(f"{_PART}*"):
        shutil.rmtree(left_by_a_killed_build)
    names = ", ".join(tool.name for tool in tools)
    progress.done(f"building {names} with Go, once")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=_PART, dir=target) as part:
        # One run for all programs of a module, so that what they share is compiled once.
        command = [go, "build", "-v", *_flags(module), "-o", f"{part}/", *(tool.package for tool in tools)]
        # Go's own temporary files too, so that they go with the folder whatever ends the build.
        _run(command, module, {**environ, **_ENVIRONMENT, "GOTMPDIR": part}, progress)
        for tool in tools:
            (Path(part) / tool.built_name).replace(target / tool.name)
    progress.done(f"built {names} in {time.monotonic() - started:.0f} s")


def _run(command: list[str], module: Module, environ: Mapping[str, str], progress: Progress) -> None:
    """Run the compiler, telling which package it is at; SandboxError with its last lines when it fails."""
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    packages = 0
    with subprocess.Popen(
        command,
        cwd=module.folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0,  # a group of its own, to be ended as a whole
    ) as process:
        for lines in _spoken(process):
            last.extend(lines)
            packages += sum(not line.startswith("go: ") for line in lines)
            progress.doing(f"building {module.name} (once): {packages} packages, {lines[-1]}")
    if process.returncode:
        raise SandboxError(f"go could not build {module.name} (in {module.folder}):\n" + "\n".join(last))


def _spoken(process: subprocess.Popen[bytes]) -> Iterator[list[str]]:
    """What the process says until it ends, some lines at a time; it is killed when the start is called off."""
    assert process.stderr is not None
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while True:
            if called_off.get().is_set():
                os.killpg(process.pid, signal.SIGKILL)
                raise SandboxError("the build was interrupted")
            if not selector.select(_LOOK_SECONDS):
                continue
            chunk = os.read(process.stderr.fileno(), 1 << 16)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            if lines:
                yield [line.decode(errors="replace") for line in lines]


def _go(module: Module, environ: Mapping[str, str]) -> str:
    """The Go command; SandboxError when there is none or it is too old for the pins."""
    needed = _go_line(module)
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise SandboxError(
            f"Go is needed to build {module.name} and is not in PATH: install Go {needed} or newer, or name a folder"
            " with ready programs in KUBEBUILDER_ASSETS"
        )
    # In the module's folder, so that a Go which may fetch its successor counts as that one.
    shown = subprocess.run(
        [go, "env", "GOVERSION"], cwd=module.folder, env=dict(environ), capture_output=True, text=True, check=False
    )
    if _numbers(shown.stdout) < _numbers(needed):
        found = shown.stdout.strip() or shown.stderr.strip()
        raise SandboxError(f"{go} is too old to build {module.name}: found {found}, needed Go {needed} or newer")
    return go


def _go_line(module: Module) -> str:
    match = re.search(r"^go (\S+)$", (module.folder / "go.mod").read_text(), re.MULTILINE)
    assert match
    return match[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
