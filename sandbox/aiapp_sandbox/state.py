"""The folder of one sandbox and the record in it. Never starts or stops anything."""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.locks import exclusive
from aiapp_sandbox.processes import Identity, Process

HOME_VARIABLE = "AIAPP_SANDBOX_HOME"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")


def home(environ: Mapping[str, str]) -> Path:
    """The folder that holds every sandbox's folder: AIAPP_SANDBOX_HOME, else below XDG_STATE_HOME."""
    if chosen := environ.get(HOME_VARIABLE):
        return Path(chosen).absolute()
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return Path(state).absolute() / "aiapp/sandboxes"


class Service(BaseModel):
    """Something beside the control plane: where it listens and what to log in with."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    access_key: str = ""
    secret_key: str = ""

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return self.endpoint.removeprefix("http://")


class Record(BaseModel):
    """What is written down about a sandbox: enough to show it and to end it."""

    model_config = ConfigDict(frozen=True)

    name: str
    phase: Literal["Starting", "Ready"] = "Starting"
    owner: Identity | None
    """While this process lives the sandbox is wanted; None: until `down`."""
    nodes: str
    """The node profile or file it was started with."""
    host: str
    """The address that the API server and the services listen on."""
    server: str = ""
    """URL of the API server."""
    ports: dict[str, int] = {}
    """Of the control plane's parts, by name."""
    binaries: dict[str, Path] = {}
    processes: tuple[Process, ...] = ()
    services: dict[str, Service] = {}
    notes: tuple[str, ...] = ()
    """What was asked for and is not there, and why."""

    def process(self, name: str) -> Process | None:
        """The process called `name`."""
        return next((found for found in self.processes if found.name == name), None)


class Folder:
    """One sandbox's folder on disk. The record in it is replaced as a whole, never half written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changing = threading.Lock()

    @property
    def name(self) -> str:
        """The sandbox's name."""
        return self.path.name

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.path / "logs"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.path / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.path / "kubeconfig"

    @property
    def record_file(self) -> Path:
        """The record as JSON."""
        return self.path / "record.json"

    def lock(self, *, wait: bool, on_wait: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        """Held by whoever brings this sandbox up, adds to it or takes it down."""
        busy = f"sandbox '{self.name}' is being started or stopped by another process; try again when it is done"
        return exclusive(self.path.parent / f".{self.name}.lock", wait=wait, on_wait=on_wait, busy=busy)

    def read(self) -> Record | None:
        """The record; None when there is none or it cannot be read (then only the marker finds processes)."""
        try:
            return Record.model_validate_json(self.record_file.read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None

    def require(self) -> Record:
        """The record of a sandbox that is up; SandboxError when there is none."""
        record = self.read()
        if record is None or record.phase != "Ready":
            raise SandboxError(f"no sandbox '{self.name}' is up; start one with: aiapp sandbox up --name {self.name}")
        return record

    def write(self, record: Record) -> None:
        """Replace the record (mode 0600: it holds keys)."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.record_file.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(record.model_dump_json(indent=1))
        part.replace(self.record_file)

    def update(self, **changes: Any) -> Record:
        """Change fields of the record; safe between threads of one process, which holds the lock."""
        with self._changing:
            return self._replace(changes)

    def add_process(self, process: Process) -> None:
        """Append to the list of processes, in place of an earlier one of that name."""
        with self._changing:
            others = [found for found in self.present().processes if found.name != process.name]
            self._replace({"processes": (*others, process)})

    def add_service(self, name: str, service: Service) -> Record:
        """Add a service."""
        with self._changing:
            return self._replace({"services": {**self.present().services, name: service}})

    def present(self) -> Record:
        """The record; SandboxError when there is none."""
        record = self.read()
        if record is None:
            raise SandboxError(f"the record of sandbox '{self.name}' vanished: {self.record_file}")
        return record

    def _replace(self, changes: Mapping[str, Any]) -> Record:
        record = self.present().model_copy(update=dict(changes))
        self.write(record)
        return record

    def remove(self) -> None:
        """Delete the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            shutil.rmtree(self.path)


def folder(environ: Mapping[str, str], name: str) -> Folder:
    """The folder of the sandbox `name`, which need not exist; SandboxError for a name that cannot be one."""
    if not NAME.fullmatch(name):
        raise SandboxError(f"'{name}' cannot be a sandbox's name: small letters, digits and '-', at most 32")
    return Folder(home(environ) / name)


def folders(environ: Mapping[str, str]) -> Iterator[Folder]:
    """Every sandbox there is, sorted by name."""
    base = home(environ)
    if base.is_dir():
        for path in sorted(base.iterdir()):
            if path.is_dir() and NAME.fullmatch(path.name):
                yield Folder(path)


def to_json(record: Record) -> str:
    """The record for programs, without how each process was started."""
    hidden = {"processes": {"__all__": {"command", "environment"}}}
    return json.dumps(record.model_dump(mode="json", exclude=hidden), indent=2)
