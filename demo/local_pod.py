"""Runs what a pod would run as processes of this machine, for where no node runs pods. Never pretends to be a pod."""

import re
import subprocess
import sys
import urllib.request
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from aiapp_sandbox import processes
from aiapp_sandbox.context import Context
from aiapp_sandbox.waiting import until
from demo.errors import DemoError
from demo.kubectl import Kubectl
from demo.terminal import Terminal

READY_SECONDS = 60
_LISTENING = re.compile(r"listening port=(\d+)")

Object = Mapping[str, Any]


@dataclass(frozen=True)
class LocalPod:
    """The pod template of a Deployment, and a folder whose subfolders take the place of its volumes."""

    name: str
    spec: Object
    folder: Path

    def volumes(self, kubectl: Kubectl) -> None:
        """Fill the folders with what the kubelet would mount."""
        for volume in self.spec["volumes"]:
            place = self.folder / volume["name"]
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            for file, content in _files(volume, kubectl):
                (place / file).write_bytes(content)

    def arguments(self, container: Object) -> list[str]:
        """Its command and arguments, with our folders for its paths."""
        places = {mount["mountPath"]: self.folder / mount["name"] for mount in container["volumeMounts"]}
        return [_placed(part, places) for part in (*container.get("command", ()), *container["args"])]


def _files(volume: Object, kubectl: Kubectl) -> Iterator[tuple[str, bytes]]:
    if "configMap" in volume:
        found = _mounted("configmap", volume["configMap"]["name"], volume["configMap"], kubectl)
        yield from ((name, text.encode()) for name, text in found.get("data", {}).items())
        yield from ((name, b64decode(content)) for name, content in found.get("binaryData", {}).items())
    if "secret" in volume:
        found = _mounted("secret", volume["secret"]["secretName"], volume["secret"], kubectl)
        yield from ((name, b64decode(content)) for name, content in found.get("data", {}).items())


def _mounted(kind: str, name: str, source: Object, kubectl: Kubectl) -> Object:
    """Like the kubelet: what is absent but optional is an empty folder."""
    found: Object | None = kubectl.find(kind, name)
    if found is None and not source.get("optional"):
        raise DemoError(f"{kind} {name} is absent")
    return found or {}


def _placed(argument: str, places: Mapping[str, Path]) -> str:
    for path, place in places.items():
        if argument == path or argument.startswith(f"{path}/"):
            return f"{place}{argument.removeprefix(path)}"
    return argument


def serve(deployment: str, kubectl: Kubectl, context: Context, terminal: Terminal) -> str:
    """Run the init container to its end and the model's container for good; the address that it answers at."""
    template = kubectl.json("get", "deployment", deployment)["spec"]["template"]
    pod = LocalPod(deployment, template["spec"], context.folder.path / "local-pods" / deployment)
    pod.volumes(kubectl)
    _fetch(pod, terminal)
    return _start(pod, context, terminal)


def _fetch(pod: LocalPod, terminal: Terminal) -> None:
    arguments = pod.arguments(pod.spec["initContainers"][0])
    terminal.command(["aiapp", *arguments])
    done = subprocess.run([sys.executable, "-m", "aiapp", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoError(f"aiapp fetch ended with exit code {done.returncode}: {done.stderr.strip()}")
    terminal.say(done.stdout.strip())


def _start(pod: LocalPod, context: Context, terminal: Terminal) -> str:
    container = pod.spec["containers"][0]
    command = _on_any_port(pod.arguments(container))
    terminal.command(command)
    _end_former(pod.name, context)
    given = {variable["name"]: variable.get("value", "") for variable in container.get("env", ())}
    environment = {"TMPDIR": str(pod.folder / "tmp"), **given}  # the volume at /tmp
    process = context.start(pod.name, [sys.executable, *command[1:]], environment)

    def ready() -> bool:
        if not processes.alive(process.identity):
            raise DemoError(f"{pod.name} has ended; see {process.log}")
        return _is_ready(_url(process.log))

    until(ready, seconds=READY_SECONDS, what=f"{pod.name} to be ready (its log: {process.log})")
    return _url(process.log) or ""


def _on_any_port(command: list[str]) -> list[str]:
    """Two pods may have one port, two processes may not."""
    port = command.index("--port") + 1
    return [*command[:port], "0", *command[port + 1 :]]


def _end_former(name: str, context: Context) -> None:
    former = context.folder.present().process(name)
    if former is not None:
        processes.stop([former.identity], grace_seconds=1)
        former.log.unlink(missing_ok=True)


def _url(log: Path) -> str | None:
    found = _LISTENING.search(log.read_text(errors="replace")) if log.exists() else None
    return f"http://127.0.0.1:{found[1]}/" if found else None


def _is_ready(url: str | None) -> bool:
    if url is None:
        return False
    try:
        with urllib.request.urlopen(f"{url}health", timeout=5) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False
