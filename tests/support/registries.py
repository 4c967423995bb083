"""The real registry, as a process for a test: with passwords, tokens, TLS, as it is configured; and pushing to it."""

import base64
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import yaml
from tests.support.certificates import Authority
from tests.support.images import Image
from tests.support.waiting import eventually

from aiapp_sandbox import binaries
from aiapp_sandbox.ports import listening, reserved
from aiapp_sandbox.progress import Silent

HOST = "127.0.0.1"
USER, PASSWORD = "puller", "correct horse"
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n"
"""bcrypt, which is all that the registry reads."""


@dataclass(frozen=True)
class Registry:
    """One that runs."""

    address: str
    """HOST:PORT"""
    data: Path
    """What it keeps, as files."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """With which the test itself may push."""
    trust: ssl.SSLContext | None = None

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request of the test itself."""
        made = HTTPSConnection(self.address, context=self.trust) if self.trust else HTTPConnection(self.address)
        try:
            made.request(method, target, body, {**self.headers, **(headers or {})})
            answer = made.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            made.close()

    def push(self, repository: str, pushed: Image, tag: str | None = None) -> str:
        """All of an image; its digest."""
        for name, blob in pushed.all_blobs.items():
            self._push_blob(repository, name, blob)
        for one in pushed.manifests:
            self.tag(repository, one, one.digest)
        if tag is not None:
            self.tag(repository, pushed, tag)
        return pushed.digest

    def file(self, digest: str) -> Path:
        """Where it keeps what has that digest."""
        name = digest.partition(":")[2]
        return self.data / "docker/registry/v2/blobs/sha256" / name[:2] / name / "data"

    def tag(self, repository: str, pushed: Image, tag: str) -> None:
        """Let the tag mean the image, which is there."""
        target = f"/v2/{repository}/manifests/{tag}"
        status, _, body = self.request("PUT", target, pushed.body, {"Content-Type": pushed.media_type})
        assert status == 201, body

    def delete(self, repository: str, digest: str, kind: str = "manifests") -> None:
        status, _, body = self.request("DELETE", f"/v2/{repository}/{kind}/{digest}")
        assert status == 202, body

    def _push_blob(self, repository: str, digest: str, blob: bytes) -> None:
        status, headers, body = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202, body
        where = headers["Location"].partition(self.address)[2]
        status, _, body = self.request(
            "PUT", f"{where}&digest={digest}", blob, {"Content-Type": "application/octet-stream"}
        )
        assert status == 201, body


def login(user: str, password: str) -> dict[str, str]:
    """The header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@contextmanager
def running(
    folder: Path,
    *,
    auth: Mapping[str, Any] | None = None,
    tls: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
    access_log: bool = False,
) -> Iterator[Registry]:
    """A registry over a folder until the context ends."""
    program = binaries.resolve(("registry",), os.environ, Silent())["registry"]
    with reserved(HOST, ("registry",)) as ports:
        port = ports["registry"]
        config = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": not access_log}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": f"{HOST}:{port}", **({"tls": dict(tls)} if tls else {})},
            **({"auth": dict(auth)} if auth else {}),
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([program, "serve", folder / "config.yaml"], stdout=log, stderr=log)
    try:
        eventually(lambda: listening(HOST, port) or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield Registry(f"{HOST}:{port}", folder / "data", headers or {}, trust)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def with_password(folder: Path) -> Iterator[Registry]:
    """One that lets nobody in but USER with PASSWORD."""
    (folder / "htpasswd").write_text(HTPASSWD)
    auth = {"htpasswd": {"realm": "basic-realm", "path": str(folder / "htpasswd")}}
    with running(folder, auth=auth, headers=login(USER, PASSWORD)) as found:
        yield found


@contextmanager
def with_tls(folder: Path, authority: Authority) -> Iterator[Registry]:
    """One whose certificate that authority has issued."""
    (folder / "server.pem").write_bytes(authority.server_pem(HOST))
    tls = {"certificate": str(folder / "server.pem"), "key": str(folder / "server.pem")}
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    with running(folder, tls=tls, trust=trust) as found:
        yield found
