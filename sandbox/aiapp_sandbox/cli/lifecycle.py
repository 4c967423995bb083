"""`aiapp sandbox up`, `down`, `status`, `list`, `prepare` and `clean`."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

import click

from aiapp.cli.output.table import table
from aiapp.domain.sizes import human_size
from aiapp_sandbox import cluster, debian, disk, recovery, services, startup, state
from aiapp_sandbox.cli.terminal import ENVIRONMENT, errors_as_text, name_option, progress
from aiapp_sandbox.state import Folder, Record

HEAD: Final = ("NAME", "STATE", "NODES", "SERVICES", "SERVER")


@click.command(short_help="Start a sandbox, or what is missing of one.")
@name_option
@click.option(
    "--nodes",
    default="none",
    show_default=True,
    metavar="PROFILE-OR-FILE",
    help="none, simulated, real, demo, or a YAML file with nodes.",
)
@click.option(
    "--with",
    "wanted",
    metavar="NAMES",
    multiple=True,
    help="Also start these: s3, registry, gateway. Several are separated by commas, or the option is repeated.",
)
@click.option(
    "--owner-pid", type=int, help="Let the next `up` of any sandbox remove this one when that process has ended."
)
@errors_as_text
def up(name: str, nodes: str, wanted: tuple[str, ...], owner_pid: int | None) -> None:
    r"""Start a sandbox and return when it is ready.

    On one that is there, what is missing is started: services that it does not have yet, and whatever has ended, for
    example after a restart of the machine. Objects, buckets, images, addresses and keys stay.

    \b
    Examples:
      aiapp sandbox up
      aiapp sandbox up --name two --nodes simulated --with s3,registry
      aiapp sandbox up --nodes real --with gateway
      aiapp sandbox up --nodes ./fleet.yaml
    """
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    request = cluster.Request(name=name, nodes=nodes, services=_services(wanted), owner_pid=owner_pid)
    with progress() as shown:
        record = cluster.up(request, ENVIRONMENT, shown)
    _show_next(record)


def _services(wanted: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(part.strip() for value in wanted for part in value.split(",") if part.strip())
    if unknown := [name for name in names if name not in services.STARTERS]:
        raise click.BadParameter(
            f"unknown: {', '.join(unknown)}; there are {', '.join(services.STARTERS)}", param_hint="--with"
        )
    return names


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show_next(record: Record) -> None:
    flag = "" if record.name == "aiapp" else f" --name {record.name}"
    click.echo(f"Sandbox '{record.name}' is ready. Next:\n")
    click.echo(f'  eval "$(aiapp sandbox env{flag})"')
    click.echo("  kubectl get nodes\n")
    for note in record.notes:
        click.echo(f"Note: {note}")
    click.echo(f"Keys and addresses: aiapp sandbox status{flag}")
    click.echo(f"Take it down:       aiapp sandbox down{flag}")


@click.command(short_help="End a sandbox and delete all that it left.")
@name_option
@click.option("--all", "every", is_flag=True, help="Take all sandboxes down.")
@errors_as_text
def down(name: str, every: bool) -> None:  # noqa: FBT001 - click passes flags so
    """End a sandbox and delete all that it left on this machine, but for what was built (`aiapp sandbox clean`)."""
    targets = list(state.folders(ENVIRONMENT)) if every else [state.folder(ENVIRONMENT, name)]
    for folder in targets:
        existed = folder.path.exists()
        cluster.down(folder)
        click.echo(f"sandbox '{folder.name}' is gone" if existed else f"there is no sandbox '{folder.name}'", err=True)


@click.command(short_help="Show addresses, keys and processes.")
@name_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@errors_as_text
def status(name: str, output: str) -> None:
    """Show addresses, keys and processes; exit code 1 when it is not up or a process has ended."""
    record = state.folder(ENVIRONMENT, name).require()
    stopped = recovery.stopped(record)
    if output == "json":
        click.echo(state.to_json(record))
    else:
        _show(record, stopped)
    sys.exit(1 if stopped else 0)


def _show(record: Record, stopped: tuple[str, ...]) -> None:
    click.echo(f"name        {record.name}\nnodes       {record.nodes}\nserver      {record.server}")
    click.echo(f"kubeconfig  {state.folder(ENVIRONMENT, record.name).kubeconfig}")
    for name, service in record.services.items():
        keys = f"  access key {service.access_key}  secret key {service.secret_key}" if service.access_key else ""
        click.echo(f"{name:<11} {service.endpoint}{keys}")
    for process in record.processes:
        fate = "ended" if process.name in stopped else f"pid {process.identity.pid}"
        click.echo(f"process     {process.name} ({fate})")
    for note in record.notes:
        click.echo(f"note        {note}")


@click.command("list", short_help="List the sandboxes of this machine.")
@errors_as_text
def list_() -> None:
    """List the sandboxes of this machine and whether they are up."""
    rows = [_row(folder) for folder in state.folders(ENVIRONMENT)]
    click.echo(table(HEAD, rows) if rows else "no sandbox; start one with: aiapp sandbox up")


def _row(folder: Folder) -> tuple[str, ...]:
    record = folder.read()
    if record is None:
        return folder.name, "broken", "-", "-", "-"
    stopped = recovery.stopped(record)
    ready = f"{', '.join(stopped)} ended" if stopped else "up"
    standing = ready if record.phase == "Ready" else "starting"
    return record.name, standing, record.nodes, ",".join(record.services) or "-", record.server or "-"


@click.command(short_help="Install and build beforehand what sandboxes need.")
@errors_as_text
def prepare() -> None:
    """Install and build what sandboxes need, so that the first one starts as fast as the others.

    As root the Debian packages that real nodes and images stand on; otherwise it says which are missing. The programs
    that are neither in KUBEBUILDER_ASSETS nor in PATH are built with Go, which takes 15 to 20 minutes on two cores. The
    gateway's are built by the first `aiapp sandbox up --with gateway`.
    """
    with progress() as shown:
        absent = debian.prepare(shown)
        startup.prepare(ENVIRONMENT, shown)
    if absent:
        click.echo(f"without these Debian packages pods do not really run: {' '.join(absent)}", err=True)
        click.echo("install them as root, or go on with simulated nodes", err=True)


@click.command(short_help="Delete what was built: images, and programs.")
@click.option("--programs", is_flag=True, help="Also the programs, which take 15 to 20 minutes to build.")
@errors_as_text
def clean(programs: bool) -> None:  # noqa: FBT001 - click passes flags so
    r"""Delete the images that were built for sandboxes, and the programs of former versions.

    Nothing of a sandbox that is up is touched. Go's own caches are Go's: `go clean -cache -modcache`.

    \b
    Examples:
      aiapp sandbox clean
      aiapp sandbox down --all && aiapp sandbox clean --programs
    """
    removed = disk.clean(ENVIRONMENT, programs=programs)
    for path, size in removed.items():
        click.echo(f"removed {human_size(size)}: {_short(path)}")
    if not removed:
        click.echo("nothing to remove")


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


COMMANDS: Final = (up, down, status, list_, prepare, clean)
