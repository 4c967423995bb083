"""What the parts of one sandbox have in common: where it lives, listens and finds its programs. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox.certificates import Authority, KeyPair
from aiapp_sandbox.kubeconfig import kubeconfig
from aiapp_sandbox.processes import Process, launch
from aiapp_sandbox.state import Folder

SERVICE_CIDR = "10.96.0.0/16"
SERVICE_IP = "10.96.0.1"
"""Address of the service `kubernetes`, under which pods reach the API server."""

LOOPBACK = "127.0.0.1"

ADMINISTRATOR = "aiapp-sandbox-administrator"
"""The user, in the group system:masters, whose certificate is made first of all."""


@dataclass(frozen=True)
class Context:
    """One sandbox, as seen by what runs in it."""

    folder: Folder
    host: str
    """The address the API server and the services listen on; nodes' pods must reach it."""
    server: str
    """URL of the API server."""
    binaries: Mapping[str, Path]
    """Absolute paths by tool name (`kubelet`, `containerd`, ...)."""

    @property
    def authority(self) -> Authority:
        """Signs certificates, before the API server runs already."""
        return Authority(self.folder.pki)

    def start(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        """Run a process for good: marked, recorded under `name`, its output in `logs/<name>.log`.

        `command[0]` is an absolute path. The order of starts is kept; `down` ends them in reverse.
        """
        log = self.folder.logs / f"{name}.log"
        identity = launch(command, folder=self.folder.path, log=log, environment=environment)
        process = Process(
            name=name, identity=identity, log=log, command=tuple(command), environment=dict(environment or {})
        )
        self.folder.add_process(process)
        return process

    def start_again(self, ended: Process) -> Process:
        """Run a process once more as it was started."""
        return self.start(ended.name, list(ended.command), ended.environment)

    def credentials(self, user: str, groups: tuple[str, ...] = ()) -> Path:
        """A new kubeconfig file for `user` in `groups`, by a client certificate."""
        pair = self.authority.client(user, groups)
        path = self.folder.path / "kubeconfigs" / user.replace(":", "-")
        self.write_kubeconfig(path, pair=pair)
        return path

    def write_kubeconfig(
        self, path: Path, *, pair: KeyPair | None = None, token: str = "", namespace: str = "default"
    ) -> None:
        """Write a kubeconfig that holds everything in itself, for its owner's eyes only."""
        authority = self.authority.certificate.read_bytes()
        text = kubeconfig(self.server, authority, pair=pair, token=token, namespace=namespace)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text)
