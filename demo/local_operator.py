"""The operator as a process of this machine, with its service account's rights, for where no node runs pods."""

import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

from aiapp_sandbox import processes
from aiapp_sandbox.cluster import service_account_kubeconfig
from aiapp_sandbox.context import LOOPBACK, Context
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.waiting import until
from demo.errors import DemoError
from demo.terminal import Terminal

ACCOUNT = ("aiapp-system", "aiapp-operator")
NAME = "operator"
READY_SECONDS = 60
SETTINGS = {"AIAPP_ALLOW_HTTP": "true", "AIAPP_ALLOWED_RANGES": f"{LOOPBACK}/32"}
"""The sandbox's object store speaks plain HTTP, on this machine."""


def start(context: Context, terminal: Terminal) -> None:
    """Start it anew and wait until it is ready; it ends with the sandbox."""
    kubeconfig = service_account_kubeconfig(context.folder, *ACCOUNT)
    terminal.command(
        ["aiapp", "sandbox", "kubeconfig", "--name", context.folder.name, "--service-account", "/".join(ACCOUNT)]
    )
    former = context.folder.present().process(NAME)
    if former is not None:
        processes.stop([former.identity], grace_seconds=5)
    with reserved(LOOPBACK, ("health",)) as ports:
        _run(context, kubeconfig, f"{LOOPBACK}:{ports['health']}", terminal)


def _run(context: Context, kubeconfig: Path, address: str, terminal: Terminal) -> None:
    arguments = ["run", "--health-address", address]
    terminal.command(
        [
            "env",
            f"KUBECONFIG={kubeconfig}",
            *(f"{name}={value}" for name, value in SETTINGS.items()),
            "aiapp",
            *arguments,
        ]
    )
    scratch = context.folder.path / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = {"KUBECONFIG": str(kubeconfig), "TMPDIR": str(scratch), **SETTINGS}
    process = context.start(NAME, [sys.executable, "-m", "aiapp", *arguments], environment)

    def ready() -> bool:
        if not processes.alive(process.identity):
            raise DemoError(f"the operator has ended; see {process.log}")
        return _answers(f"http://{address}/readyz")

    until(ready, seconds=READY_SECONDS, what=f"the operator to be ready (its log: {process.log})")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False
