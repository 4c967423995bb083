"""`aiapp sandbox`: arguments in, calls and exit codes out. Nothing is decided here."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.status import Status

from aiapp.sandbox import cluster, debian, services, startup, state
from aiapp.sandbox.errors import SandboxError
from aiapp.sandbox.images import loading
from aiapp.sandbox.state import Record

INTERRUPTED = 130

_ENVIRONMENT = os.environ  # noqa: TID251 - the entry point of this command

_name = click.option("--name", default="aiapp", show_default=True, help="The sandbox's name.")


class Terminal:
    """Progress on standard error: a spinner on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console = console
        self._status = status

    def doing(self, text: str) -> None:
        """Show what happens now."""
        self._status.update(text)

    def done(self, text: str) -> None:
        """Leave a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Terminal]:
    console = Console(stderr=True)
    with console.status("starting") as status:
        yield Terminal(console, status)


def _errors_as_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Print what went wrong instead of a traceback; exit code 1, or 130 when interrupted."""

    @wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except SandboxError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("interrupted; everything that was started is removed", err=True)
            sys.exit(INTERRUPTED)

    return wrapped


@click.group("sandbox")
def command() -> None:
    r"""A Kubernetes cluster on this machine, to try the operator without one.

    Real etcd, API server, controllers and scheduler, as processes of yours; no Docker. The programs are
    taken from KUBEBUILDER_ASSETS or PATH, else built once with Go (a quarter of an hour on two cores) and kept.

    \b
    Exit codes: 0 done; 1 it could not be done, the message says why; 2 wrong arguments; 130 interrupted.

    \b
    Examples:
      aiapp sandbox up --nodes demo --with s3     real and simulated nodes, an S3 server
      export KUBECONFIG=$(aiapp sandbox kubeconfig)
      aiapp sandbox logs kube-apiserver -f
      aiapp sandbox down
    """


@command.command()
@_name
@click.option(
    "--nodes",
    default="none",
    show_default=True,
    metavar="PROFILE-OR-FILE",
    help="none, simulated, demo, or a YAML file with nodes.",
)
@click.option(
    "--with", "wanted", metavar="NAMES", default="", help="Also start these, separated by commas: s3, registry."
)
@click.option(
    "--owner-pid", type=int, help="Let the next `up` of any sandbox remove this one when that process has ended."
)
@_errors_as_text
def up(name: str, nodes: str, wanted: str, owner_pid: int | None) -> None:
    r"""Start a sandbox and return when it is ready; on one that is up, start what is missing.

    \b
    Examples:
      aiapp sandbox up
      aiapp sandbox up --name two --nodes simulated --with s3,registry
      aiapp sandbox up --nodes ./fleet.yaml
    """
    chosen = tuple(part.strip() for part in wanted.split(",") if part.strip())
    if unknown := [part for part in chosen if part not in services.STARTERS]:
        raise click.BadParameter(
            f"unknown: {', '.join(unknown)}; there are {', '.join(services.STARTERS)}", param_hint="--with"
        )
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    request = cluster.Request(name=name, nodes=nodes, services=chosen, owner_pid=owner_pid)
    with _progress() as progress:
        record = cluster.up(request, _ENVIRONMENT, progress)
    _show_next(record, state.folder(_ENVIRONMENT, name))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show_next(record: Record, folder: state.Folder) -> None:
    flag = "" if record.name == "aiapp" else f" --name {record.name}"
    click.echo(f"Sandbox '{record.name}' is ready. Next:\n")
    click.echo(f"  export KUBECONFIG={folder.kubeconfig}")
    click.echo(f"  {record.binaries['kubectl']} get nodes\n")
    for note in record.notes:
        click.echo(f"Note: {note}")
    click.echo(f"Keys and addresses: aiapp sandbox status{flag}")
    click.echo(f"Take it down:       aiapp sandbox down{flag}")


@command.command()
@_name
@click.option("--all", "every", is_flag=True, help="Take all sandboxes down.")
@_errors_as_text
def down(name: str, every: bool) -> None:  # noqa: FBT001 - click passes flags so
    """End a sandbox and delete all that it left on this machine."""
    targets = list(state.folders(_ENVIRONMENT)) if every else [state.folder(_ENVIRONMENT, name)]
    for folder in targets:
        existed = folder.path.exists()
        cluster.down(folder)
        click.echo(f"sandbox '{folder.name}' is gone" if existed else f"there is no sandbox '{folder.name}'", err=True)


@command.command()
@_name
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_errors_as_text
def status(name: str, output: str) -> None:
    """Show addresses, keys and processes; exit code 1 when it is not up or a process has ended."""
    record = state.folder(_ENVIRONMENT, name).require()
    stopped = cluster.stopped_processes(record)
    if output == "json":
        click.echo(state.to_json(record))
    else:
        _show(record, stopped)
    sys.exit(1 if stopped else 0)


def _show(record: Record, stopped: tuple[str, ...]) -> None:
    click.echo(f"name        {record.name}\nnodes       {record.nodes}\nserver      {record.server}")
    click.echo(f"kubeconfig  {state.folder(_ENVIRONMENT, record.name).kubeconfig}")
    for name, service in record.services.items():
        keys = f"  access key {service.access_key}  secret key {service.secret_key}" if service.access_key else ""
        click.echo(f"{name:<11} {service.endpoint}{keys}")
    for process in record.processes:
        fate = "ended" if process.name in stopped else f"pid {process.identity.pid}"
        click.echo(f"process     {process.name} ({fate})")
    for note in record.notes:
        click.echo(f"note        {note}")


@command.command()
@_name
@click.option(
    "--service-account", metavar="NAMESPACE/NAME", help="Act as this service account instead of the administrator."
)
@_errors_as_text
def kubeconfig(name: str, service_account: str | None) -> None:
    r"""Print the path of a kubeconfig file.

    \b
    Examples:
      export KUBECONFIG=$(aiapp sandbox kubeconfig)
      aiapp sandbox kubeconfig --service-account aiapp-system/aiapp-operator
    """
    folder = state.folder(_ENVIRONMENT, name)
    folder.require()
    if service_account is None:
        click.echo(folder.kubeconfig)
        return
    namespace, slash, account = service_account.partition("/")
    if not (namespace and slash and account):
        raise click.BadParameter("say NAMESPACE/NAME", param_hint="--service-account")
    click.echo(cluster.service_account_kubeconfig(folder, namespace, account))


@command.command()
@_errors_as_text
def prepare() -> None:
    """Install and build what sandboxes need, so that the first one starts as fast as the others.

    As root the Debian packages that real nodes and images stand on; otherwise it says which are missing. The programs
    that are neither in KUBEBUILDER_ASSETS nor in PATH are built with Go, which takes a quarter of an hour on two cores.
    """
    with _progress() as progress:
        absent = debian.prepare(progress)
        startup.prepare(_ENVIRONMENT, progress)
    if absent:
        click.echo(f"without these Debian packages pods do not really run: {' '.join(absent)}", err=True)
        click.echo("install them as root, or go on with simulated nodes", err=True)


@command.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_name
@click.option("--node", "nodes", multiple=True, help="Only into this node; may be given more than once.")
@_errors_as_text
def load(archive: Path, name: str, nodes: tuple[str, ...]) -> None:
    """Load an image archive (OCI layout or docker save) into the real nodes, so that no registry is needed."""
    folder = state.folder(_ENVIRONMENT, name)
    folder.require()
    for node in loading.load(folder, archive, nodes):
        click.echo(f"loaded into {node}")


@command.command()
@click.argument("component", required=False)
@_name
@click.option("-f", "--follow", is_flag=True, help="Go on as the log grows.")
@_errors_as_text
def logs(component: str | None, name: str, follow: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the log of one component, or the names of those that have one."""
    folder = state.folder(_ENVIRONMENT, name)
    there = {path.stem: path for path in sorted(folder.logs.glob("*.log"))}
    if component is None:
        click.echo("\n".join(there))
    elif component not in there:
        raise SandboxError(f"sandbox '{name}' has no log '{component}'; there are: {', '.join(there) or 'none'}")
    elif follow:
        subprocess.run(["tail", "-n", "+1", "-F", there[component]], check=False)  # noqa: S603, S607 - our own file
    else:
        _print(there[component])


def _print(log: Path) -> None:
    with log.open("rb") as file:
        for chunk in iter(lambda: file.read(1 << 16), b""):
            sys.stdout.buffer.write(chunk)
