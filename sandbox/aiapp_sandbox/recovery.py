"""Starts again what has ended of a sandbox that was ready, with its data, addresses and keys. Deletes nothing."""

from aiapp_sandbox import controlplane, network, services
from aiapp_sandbox.context import LOOPBACK, Context
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.nodes.launch import process_name
from aiapp_sandbox.processes import Process, alive
from aiapp_sandbox.profiles import Profile
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.state import Record


def stopped(record: Record) -> tuple[str, ...]:
    """Names of recorded processes that run no more, in the order in which they were started."""
    return tuple(found.name for found in record.processes if not alive(found.identity))


def recover(context: Context, profile: Profile, progress: Progress) -> None:
    """Start every process that has ended; return when all is ready. `profile` is the one it was started with.

    SandboxError, with what to do, when one does not become ready.
    """
    name = context.folder.name
    progress.done(f"{', '.join(stopped(context.folder.present()))} of sandbox '{name}' had ended: starting again")
    try:
        if context.host != LOOPBACK:
            network.restore(context.folder.path, context.host)
        _control_plane(context)
        _others(context)
        _nodes(context, profile, progress)
    except SandboxError as error:
        raise SandboxError(f"{error}\nTo begin anew, without its objects: aiapp sandbox down --name {name}") from error


def _control_plane(context: Context) -> None:
    ports = context.folder.present().ports
    for name in controlplane.PARTS:
        controlplane.until_part_ready(_running(context, name), context, ports)


def _running(context: Context, name: str) -> Process:
    """The process of that name, started again if it has ended."""
    process = context.folder.present().process(name)
    if process is None:
        raise SandboxError(f"{name} was never started")
    return process if alive(process.identity) else context.start_again(process)


def _others(context: Context) -> None:
    """Services, and kwok, for which nobody waits: its nodes are Ready already."""
    record = context.folder.present()
    for process in record.processes:
        if (
            process.name not in controlplane.PARTS
            and not process.name.startswith(process_name(""))
            and not alive(process.identity)
        ):
            again = context.start_again(process)
            if service := record.services.get(process.name):
                services.until_service_ready(again, service)


def _nodes(context: Context, profile: Profile, progress: Progress) -> None:
    ended = stopped(context.folder.present())
    if nodes := [node for node in profile.real if process_name(node.name) in ended]:
        lifecycle.start_again(nodes, context, progress)
