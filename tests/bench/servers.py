"""The model servers of the bench as processes: started, looked at through /proc, ended. Measures no requests."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

from aiapp.serve import bundle

PEERS: Final = Path(__file__).parents[1] / "data/bench"
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aiapp/bench"
START_SECONDS: Final = 120.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_ROWS: Final = [[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3]]
_TENSOR: Final = {"name": "instances", "shape": [2, 4], "datatype": "FP64", "data": [x for row in _ROWS for x in row]}
V1: Final = {"instances": _ROWS}
V2: Final = {"inputs": [_TENSOR]}


@dataclass(frozen=True, slots=True)
class Kind:
    """A server that can be started: how, where it takes predictions, in which form."""

    name: str
    path: str
    request: object
    command: Callable[[Path, int], Sequence[str]]
    """Gets a folder of its own, and the port."""
    requirement: str | None = None
    """The library on the package registry that it comes from."""


@dataclass(frozen=True, slots=True)
class Running:
    """One server."""

    kind: Kind
    pid: int
    port: int
    first_answer: float
    """Seconds from its start to its first answer to a prediction."""

    @property
    def url(self) -> str:
        """Where predictions are asked for."""
        return f"http://127.0.0.1:{self.port}{self.kind.path}"

    def cpu_seconds(self) -> float:
        """User and system, of all its processes."""
        return sum(map(_cpu_ticks, _tree(self.pid))) / _TICKS

    def memory_mib(self) -> float:
        """Of all its processes; a page that several share counts once."""
        return sum(map(_pss_kib, _tree(self.pid))) / 1024


def ours(folder: Path, port: int) -> Sequence[str]:
    """`serve.pyz` as the operator starts it."""
    package = folder / "model"
    package.mkdir()
    for name in ("hook.py", "customize_service.py", "config.json"):
        shutil.copy(PEERS / name, package)
    bundle.write(folder / "serve.pyz")
    return [sys.executable, str(folder / "serve.pyz"), f"--package={package}", f"--port={port}"]


def kserve(_folder: Path, port: int) -> Sequence[str]:
    """KServe's Python model server with one process and without gRPC."""
    return [_python(KSERVE), str(PEERS / "kserve_server.py"), str(port)]


def mlserver(folder: Path, port: int) -> Sequence[str]:
    """MLServer with one process: its pool of workers does not start with the uvloop of today."""
    grpc, metrics = free_port(), free_port()
    ports = {"http_port": port, "grpc_port": grpc, "metrics_port": metrics}
    (folder / "settings.json").write_text(json.dumps({**ports, "host": "127.0.0.1", "parallel_workers": 0}))
    model = {"name": "model", "implementation": "mlserver_model.Linear"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    for name in ("hook.py", "mlserver_model.py"):
        shutil.copy(PEERS / name, folder)
    return [str(Path(_python(MLSERVER)).with_name("mlserver")), "start", str(folder)]


OURS: Final = Kind("ours", "/", V1, ours)
KSERVE: Final = Kind("kserve", "/v1/models/model:predict", V1, kserve, "kserve==0.21.0")
MLSERVER: Final = Kind("mlserver", "/v2/models/model/infer", V2, mlserver, "mlserver==1.7.1")
KINDS: Final = (OURS, KSERVE, MLSERVER)


def prepared() -> list[Kind]:
    """The kinds that can be had here; each peer in a virtual environment of its own, made once."""
    return [kind for kind in KINDS if kind.requirement is None or _installed(kind, kind.requirement)]


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Running]:
    """The server, from its first answer on; its output goes to a file in the folder."""
    port = free_port()
    command = kind.command(folder, port)
    with (folder / "log").open("wb") as log:
        started = perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=_environment(), start_new_session=True
        )
        try:
            yield Running(kind, process.pid, port, _first_answer(process, kind, port) - started)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(PEERS)}


def _first_answer(process: "subprocess.Popen[bytes]", kind: Kind, port: int) -> float:
    """When it first answered a prediction."""
    body, headers = json.dumps(kind.request).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{kind.path}", body, headers)
    end = perf_counter() + START_SECONDS
    while perf_counter() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                answer.read()
                return perf_counter()
        except OSError:
            sleep(0.005)
    raise RuntimeError(f"{kind.name} does not answer; see its log")


def _installed(kind: Kind, requirement: str) -> bool:
    folder = CACHE / requirement
    if not (folder / "installed").exists():
        sys.stdout.write(f"installing {requirement} into {folder} (once)\n")
        venv.create(folder, clear=True, with_pip=True)
        pip = [_python(kind), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        if subprocess.run(pip, check=False).returncode:
            sys.stdout.write(f"{requirement} cannot be installed here: left out\n")
            return False
        (folder / "installed").touch()
    return True


def _python(kind: Kind) -> str:
    return str(CACHE / str(kind.requirement) / "bin/python")


def _tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [one for child in (task / "children").read_text().split() for one in _tree(int(child))]
    return found


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _pss_kib(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])
