"""The start of one sandbox, with as much at the same time as can be. Cleans nothing up: the caller does."""

from collections.abc import Mapping

from aiapp_sandbox import binaries, controlplane, network, pins, services, simulated
from aiapp_sandbox.concurrently import concurrently
from aiapp_sandbox.context import ADMINISTRATOR, LOOPBACK, Context
from aiapp_sandbox.nodes import launch, lifecycle
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.profiles import Profile, RealNode, SimulatedNode, load
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.state import Folder, Record


def start(
    folder: Folder, profile: Profile, wanted: tuple[str, ...], environ: Mapping[str, str], progress: Progress
) -> None:
    """Start the control plane, the services in `wanted` and the nodes of `profile`; return when all is ready."""
    if profile.real and (reason := lifecycle.possible()):
        note = f"no real nodes, only simulated ones, on which pods do not run: {reason}"
        progress.done(note)
        folder.update(notes=(note,))
        profile = all_simulated(profile)
    progress.doing("looking for the programs")
    found = binaries.resolve(programs(profile, wanted), environ, progress)
    net = network.create(folder.path) if profile.real else None
    host = net.host_ip if net else LOOPBACK
    progress.doing("starting the control plane")
    with reserved(host, (controlplane.SERVER,)) as server, reserved(LOOPBACK, controlplane.PORTS) as ports:
        url = f"https://{host}:{server[controlplane.SERVER]}"
        all_ports = {**ports, **server}
        folder.update(binaries=found, host=host, server=url, ports=all_ports)
        context = Context(folder=folder, host=host, server=url, binaries=found)
        context.authority.create()
        context.write_kubeconfig(folder.kubeconfig, pair=context.authority.client(ADMINISTRATOR, ("system:masters",)))
        with concurrently() as begin:
            if net:
                begin(lifecycle.start, profile.real, context, net, progress)
            for name in wanted:
                begin(add_service, name, context, progress)
            controlplane.start(context, all_ports)
            progress.done(f"control plane ready at {url}")
            if profile.simulated:
                begin(simulate, context, profile.simulated, progress)


def all_simulated(profile: Profile) -> Profile:
    """The same nodes, none of which runs anything."""
    return Profile(nodes=tuple(_simulated(node) for node in profile.nodes))


def _simulated(node: RealNode | SimulatedNode) -> SimulatedNode:
    if isinstance(node, SimulatedNode):
        return node
    return SimulatedNode(name=node.name, arch=node.arch, labels=node.labels, taints=node.taints, capacity=node.capacity)


def programs(profile: Profile, wanted: tuple[str, ...]) -> list[str]:
    """The tools that this sandbox needs, and no more."""
    real = pins.REAL_NODES if profile.real else ()
    kwok = pins.SIMULATED_NODES if profile.simulated else ()
    return [*pins.CONTROL_PLANE, *real, *kwok, *(program for name in wanted for program in services.PROGRAMS[name])]


def prepare(environ: Mapping[str, str], progress: Progress) -> None:
    """Have all programs that sandboxes on this machine and their users need, but for the gateway's.

    Raises SandboxError.
    """
    progress.doing("looking for the programs")
    profile = load("demo")  # nodes of both kinds
    if lifecycle.possible():
        profile = all_simulated(profile)
    binaries.resolve([*programs(profile, services.PREPARED), *pins.CLIENTS], environ, progress)


def add_service(name: str, context: Context, progress: Progress) -> Record:
    """Start a service and record it."""
    progress.doing(f"starting {name}")
    service = services.STARTERS[name](context)
    if name == "registry":
        launch.trust(context.folder.path, service.address)
    progress.done(f"{name} ready at {service.endpoint}")
    return context.folder.add_service(name, service)


def simulate(context: Context, nodes: tuple[SimulatedNode, ...], progress: Progress) -> None:
    """Create simulated nodes, with kwok to keep them if it does not run yet."""
    if context.folder.present().process("kwok") is None:
        simulated.start_kwok(context)
    simulated.create(context, nodes)
    progress.done(f"{sum(node.count for node in nodes)} simulated nodes ready")
