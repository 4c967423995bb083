"""The real zipapp as a process, and clients for it: one that speaks HTTP and one that sends raw bytes."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.support.waiting import EVENTUALLY_SECONDS, eventually

OLDEST = (3, 7)


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> object:
        return json.loads(self.content)


class Server:
    """A running server; its output goes to a file so that nothing can block on it."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: pathlib.Path) -> None:
        self.process = process
        self._log = log
        self._connections = contextlib.ExitStack()

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def resident_bytes(self) -> int:
        """Memory of the process that speaks HTTP."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found, status
        return int(found.group(1)) * 1024

    @property
    def workers(self) -> list[int]:
        """Process ids of its children."""
        pid = self.process.pid
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @property
    def port(self) -> int:
        found = eventually(lambda: re.search(r"listening port=(\d+)", self.output) or self.process.poll() is not None)
        assert isinstance(found, re.Match), self.output
        return int(found.group(1))

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body or None, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read())

    def post(self, document: object, path: str = "/") -> Reply:
        return self.request("POST", path, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def wait_until_ready(self) -> "Server":
        eventually(lambda: self.process.poll() is not None or self.request("GET", "/health").status == 200)
        assert self.process.poll() is None, self.output
        return self

    def connect(self) -> "RawConnection":
        """A raw connection; closed with the server, if not before."""
        connection = RawConnection(socket.create_connection(("127.0.0.1", self.port), timeout=30))
        self._connections.callback(connection.close)
        return connection

    def end(self) -> None:
        """End it with all its children, unless it has ended, and close all connections."""
        self._connections.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait(self) -> int:
        """The exit code, once it has ended by itself."""
        return self.process.wait(EVENTUALLY_SECONDS)


class RawConnection:
    """Bytes out, whole answers in."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def send(self, raw: bytes) -> "RawConnection":
        self.socket.sendall(raw)
        return self

    def reply(self) -> Reply | None:
        """The next answer, None when the server has closed the connection."""
        line = self._file.readline()
        if not line:
            return None
        headers = http.client.parse_headers(self._file)
        length = int(headers.get("Content-Length", "0"))
        return Reply(int(line.split()[1]), dict(headers), self._file.read(length))

    def replies(self) -> list[int]:
        """The status of every answer until the server closes the connection."""
        statuses = []
        with contextlib.suppress(ConnectionResetError):
            while (reply := self.reply()) is not None:
                statuses.append(reply.status)
        return statuses

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@contextlib.contextmanager
def serving(python: str, archive: pathlib.Path, package: pathlib.Path, *options: str) -> Iterator[Server]:
    """`serve.pyz` on a free port."""
    log = package.parent / f"{package.name}-{os.urandom(4).hex()}.log"
    command = [python, str(archive), "--package", str(package), "--port", "0", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    server = Server(process, log)
    try:
        yield server
    finally:
        server.end()


def interpreters() -> dict[str, str]:
    """This Python, the newest and the oldest supported one of this machine: version -> path."""
    found = {}
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    for path in pyenv.glob("versions/*/bin/python"):
        version = tuple(int(number) for number in re.findall(r"\d+", path.parents[1].name)[:2])
        found[version] = str(path)
    for minor in range(OLDEST[1], 20):
        path_on_path = shutil.which(f"python3.{minor}")
        if path_on_path:
            found.setdefault((3, minor), path_on_path)
    found[sys.version_info[:2]] = sys.executable
    supported = sorted(version for version in found if version >= OLDEST)
    wanted = {supported[0], sys.version_info[:2], supported[-1]}
    return {".".join(map(str, version)): found[version] for version in sorted(wanted)}


INTERPRETERS = interpreters()
OLDEST_AND_NEWEST = [next(iter(INTERPRETERS)), list(INTERPRETERS)[-1]]
HAS_OLDEST = ".".join(map(str, OLDEST)) in INTERPRETERS
