"""Brings sandboxes up and takes them down. Leaves nothing behind, whatever ends the process that does it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox import binaries, pins, processes, profiles, recovery, services, startup, state
from aiapp_sandbox.admin_client import AdminClient
from aiapp_sandbox.context import LOOPBACK, Context
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.profiles import Profile, SimulatedNode
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.state import Folder, Record

STOP_SECONDS = 1.0
TOKEN_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Request:
    """A sandbox as somebody wants it."""

    name: str
    nodes: str = "none"
    """A node profile or a file with one."""
    services: tuple[str, ...] = ()
    """Of `s3`, `registry`, `gateway`."""
    owner_pid: int | None = None
    """When this process has ended the sandbox is nobody's, and the next `up` of any sandbox removes it."""


def up(request: Request, environ: Mapping[str, str], progress: Progress) -> Record:
    """Start a sandbox, or add the missing services to the one of that name; returns when all is ready.

    Of one in which processes have ended these are started again; its data, addresses and keys stay.

    SandboxError when it cannot be done or another process is busy with it; then, and when interrupted,
    nothing of a new sandbox is left.
    """
    profile = profiles.load(request.nodes)
    owner = _owner(request)
    folder = state.folder(environ, request.name)
    reap(environ, progress)
    with folder.lock(wait=False):
        record = folder.read()
        if record is None or record.phase != "Ready":
            _fresh(request, profile, folder, environ, progress)
            return folder.update(phase="Ready", owner=owner)
        if record.nodes != request.nodes:
            raise SandboxError(
                f"sandbox '{request.name}' is up with nodes '{record.nodes}', not '{request.nodes}':"
                f" take it down first (aiapp sandbox down --name {request.name}) or choose another name"
            )
        if recovery.stopped(record):
            recovery.recover(_context(folder, record), profile, progress)
        return _with_services(folder, request.services, environ, progress)


def down(folder: Folder) -> None:
    """End all processes of a sandbox and delete its folder; nothing happens when there is none."""
    with folder.lock(wait=False):
        _clean(folder)


def reap(environ: Mapping[str, str], progress: Progress) -> None:
    """Remove what is nobody's: sandboxes whose owner has ended, and starts that were killed half way."""
    for folder in filter(_abandoned, state.folders(environ)):
        try:
            removed = _remove_abandoned(folder)
        except SandboxError:  # somebody else is at it
            continue
        if removed:
            progress.done(f"removed sandbox '{folder.name}', which nobody owns any more")


def _remove_abandoned(folder: Folder) -> bool:
    with folder.lock(wait=False):
        # Looked at again, now that it stays as it is: somebody may have started one of that name meanwhile.
        abandoned = folder.path.exists() and _abandoned(folder)
        if abandoned:
            _clean(folder)
    return abandoned


def add_services(folder: Folder, names: Iterable[str], environ: Mapping[str, str], progress: Progress) -> Record:
    """Start the services that a running sandbox does not have yet."""
    with folder.lock(wait=True):
        return _with_services(folder, tuple(names), environ, progress)


def add_simulated_nodes(
    folder: Folder, nodes: Iterable[SimulatedNode], environ: Mapping[str, str], progress: Progress
) -> None:
    """Create simulated nodes in a running sandbox, and start kwok when it has none yet."""
    with folder.lock(wait=True):
        record = folder.require()
        if "kwok" not in record.binaries:
            found = binaries.resolve(pins.SIMULATED_NODES, environ, progress)
            record = folder.update(binaries={**record.binaries, **found})
        startup.simulate(_context(folder, record), tuple(nodes), progress)


def service_account_kubeconfig(folder: Folder, namespace: str, name: str) -> Path:
    """Write a kubeconfig that acts as a service account for a year; SandboxError when there is no such account."""
    context = _context(folder, folder.require())
    wish = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": TOKEN_SECONDS},
    }
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"
    token = str(AdminClient(context).create(f"{account}/token", wish)["status"]["token"])
    path = folder.path / "kubeconfigs" / f"{namespace}.{name}"
    context.write_kubeconfig(path, token=token, namespace=namespace)
    return path


def _abandoned(folder: Folder) -> bool:
    record = folder.read()
    return record is None or (record.owner is not None and not processes.alive(record.owner))


def _fresh(request: Request, profile: Profile, folder: Folder, environ: Mapping[str, str], progress: Progress) -> None:
    _clean(folder)
    # Until it is ready a sandbox belongs to the process that starts it: if that is killed, `reap` finds it.
    starter = processes.identity(os.getpid())
    folder.write(Record(name=request.name, owner=starter, nodes=request.nodes, host=LOOPBACK))
    try:
        startup.start(folder, profile, request.services, environ, progress)
    except BaseException:
        progress.doing("removing what was started")
        _clean(folder)
        raise


def _owner(request: Request) -> processes.Identity | None:
    if request.owner_pid is None:
        return None
    owner = processes.identity(request.owner_pid)
    if owner is None:
        raise SandboxError(f"no process {request.owner_pid} runs that could own the sandbox")
    return owner


def _with_services(folder: Folder, names: tuple[str, ...], environ: Mapping[str, str], progress: Progress) -> Record:
    record = folder.present()
    for name in names:
        if name in record.services:
            continue
        if not record.binaries.keys() >= set(services.PROGRAMS[name]):
            found = binaries.resolve(services.PROGRAMS[name], environ, progress)
            record = folder.update(binaries={**record.binaries, **found})
        record = startup.add_service(name, _context(folder, record), progress)
    return record


def _context(folder: Folder, record: Record) -> Context:
    return Context(folder=folder, host=record.host, server=record.server, binaries=record.binaries)


def _clean(folder: Folder) -> None:
    # First, and at once: `unshare`, which holds a node together, waits for its child and ignores polite signals.
    lifecycle.stop(folder.path)
    record = folder.read()
    if record:
        processes.stop([found.identity for found in reversed(record.processes)], grace_seconds=STOP_SECONDS)
    # Whatever a killed starter had no time to record, and what those started themselves.
    while leftover := processes.marked(folder.path):
        processes.kill(leftover)
    lifecycle.clean(folder.path)
    folder.remove()
