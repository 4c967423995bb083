"""The first process of a node, inside its new namespaces: sets them up, runs the daemons. Never touches the host.

Started as `unshare --net --mount --pid ... python -m aiapp_sandbox.nodes.init PLAN`. When it or `unshare` ends,
however that happens, the kernel ends everything in the node: daemons, pods, mounts, interfaces, iptables rules.
Standard library only, so that it starts fast.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from aiapp_sandbox.nodes import emulation
from aiapp_sandbox.nodes.plan import CONTAINERD_SOCKET, HOST_NETWORK_FD, NODE, REGISTRIES, Cable, Daemon, Plan

POLL_SECONDS = 0.05
RESTART_SECONDS = 1.0

KUBELET_SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet insists on (its container manager's kernel tunables). They belong to the whole machine, so the
node shows it files with these values instead of changing the host's."""

# Copy on write: programs of the host stay visible, what the daemons write is gone with the node.
_PRIVATE = ("/run", "/var/lib")
# What would grow, or is looked into from outside, lies in the node's folder.
_FOLDERS = {
    "kubelet": "/var/lib/kubelet",
    "containerd": "/var/lib/containerd",
    "log": "/var/log",
}
_EMPTY = ("/run/containerd", "/run/netns", "/var/lib/cni")


def main() -> None:
    """Become the node that the plan file in the first argument describes."""
    plan = Plan.read(Path(sys.argv[1]))
    stay_first_process()
    connect(plan.cable)
    mount(Path(plan.folder), plan.registries)
    if plan.emulated:
        emulation.register()  # the descriptor stays open as long as the node lives
    os.environ["PATH"] = plan.path
    # Daemonic: when a step fails here, the node ends rather than staying half alive.
    threads = [threading.Thread(target=keep_running, args=(each,), daemon=True) for each in plan.daemons]
    for thread in threads:
        thread.start()
    wait_for([CONTAINERD_SOCKET])
    for image in plan.images:
        run(*plan.import_image, image)
    for thread in threads:
        thread.join()


def stay_first_process() -> None:
    """Leave process 1 behind as the one that buries orphans, and go on as its child; it ends when we do."""
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def connect(cable: Cable) -> None:
    """Lay the cable to the host's bridge and the routes over it."""
    host = descriptor_path(HOST_NETWORK_FD)
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", cable.host_interface, "netns", host)
    run("ip", "address", "add", cable.address, "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    on_host = ("nsenter", f"--net={host}", "ip")
    run(*on_host, "link", "set", cable.host_interface, "master", cable.bridge, "up")
    run(*on_host, "route", "replace", cable.pods, "via", cable.address.partition("/")[0])
    os.close(HOST_NETWORK_FD)
    run("ip", "route", "add", "default", "via", cable.gateway)
    for pods, node in cable.peers.items():
        run("ip", "route", "add", pods, "via", node)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def mount(folder: Path, registries: Path) -> None:
    """Give the node its own /run, /var/lib and /var/log, and its folder at a short path."""
    # Kept open: the folder may itself lie below a place that is covered next.
    own, shared = (os.open(path, os.O_DIRECTORY) for path in (folder, registries))
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", str(scratch))
    for place in _PRIVATE:
        cover(place, scratch / place.strip("/").replace("/", "-"))
    NODE.mkdir()
    run("mount", "--bind", descriptor_path(own), str(NODE))
    os.close(own)
    REGISTRIES.mkdir(exist_ok=True)
    run("mount", "--bind", descriptor_path(shared), str(REGISTRIES))
    os.close(shared)
    for name, place in _FOLDERS.items():
        (NODE / name).mkdir(exist_ok=True)
        Path(place).mkdir(exist_ok=True)
        run("mount", "--bind", str(NODE / name), place)
    for place in _EMPTY:
        Path(place).mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", place)
    hide_sysctls(scratch / "sysctl")
    # Containers may ask to pass mounts on (HostToContainer); systemd hosts share everything too.
    run("mount", "--make-rshared", "/")


def cover(place: str, layer: Path) -> None:
    """Make what is written below `place` go to `layer`."""
    upper, work = layer / "upper", layer / "work"
    upper.mkdir(parents=True)
    work.mkdir()
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={place},upperdir={upper},workdir={work}", place)


def hide_sysctls(folder: Path) -> None:
    """Cover the machine's own settings with files that hold what the kubelet wants to read."""
    for name, value in KUBELET_SYSCTLS.items():
        setting = Path("/proc/sys") / name
        if setting.exists():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(value)
            run("mount", "--bind", str(file), str(setting))


def keep_running(daemon: Daemon) -> None:
    """Start the daemon when what it needs is there, and again whenever it ends."""
    wait_for(daemon.needs)
    with (NODE / f"{daemon.name}.log").open("ab") as log:
        while True:
            status = subprocess.run(daemon.command, check=False, stdout=log, stderr=log).returncode
            sys.stderr.write(f"{daemon.name} ended with status {status}, starting it again\n")
            time.sleep(RESTART_SECONDS)


def wait_for(files: list[str]) -> None:
    """Return when all of them exist; whoever started the node decides how long that may take."""
    while not all(Path(file).exists() for file in files):
        time.sleep(POLL_SECONDS)


def descriptor_path(descriptor: int) -> str:
    """A path by which the programs we start can open what we have open."""
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def run(*command: str) -> None:
    """Run a program of the host; what it says goes to the node's log."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
