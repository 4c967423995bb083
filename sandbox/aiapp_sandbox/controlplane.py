"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler of one sandbox. Knows nothing of nodes."""

import ssl
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path

from aiapp_sandbox.context import LOOPBACK, SERVICE_CIDR, SERVICE_IP, Context
from aiapp_sandbox.no_proxy import opener
from aiapp_sandbox.ports import listening
from aiapp_sandbox.processes import Process, until_ready

SERVER = "kube-apiserver"
"""The port on the sandbox's address."""

PORTS = ("etcd", "etcd-peer", "kube-controller-manager", "kube-scheduler")
"""The ports on loopback."""

PARTS = ("etcd", SERVER, "kube-controller-manager", "kube-scheduler")
"""The processes, in the order of their start."""

READY_SECONDS = 120
"""Bound for each part on a busy machine; a quiet one needs 1 to 3 seconds in all."""

_HEALTH = {"kube-controller-manager": "healthz", "kube-scheduler": "readyz"}


def etcd_command(context: Context, ports: Mapping[str, int]) -> list[str]:
    """One etcd on loopback, without waiting for the disk: a sandbox's data need not survive a power cut."""
    client, peer = (f"http://{LOOPBACK}:{ports[name]}" for name in ("etcd", "etcd-peer"))
    return [
        str(context.binaries["etcd"]),
        f"--name={context.folder.name}",
        f"--data-dir={context.folder.path / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={context.folder.name}={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver_command(context: Context, ports: Mapping[str, int]) -> list[str]:
    """The API server, with Node and RBAC authorization and everything that 1.36 has on by default."""
    authority = context.authority
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
    serving = authority.server("kube-apiserver", tuple(dict.fromkeys((context.host, LOOPBACK, SERVICE_IP))), names)
    kubelet_client = authority.client("kube-apiserver", ("system:masters",))
    return [
        str(context.binaries["kube-apiserver"]),
        f"--etcd-servers=http://{LOOPBACK}:{ports['etcd']}",
        f"--bind-address={context.host}",
        f"--advertise-address={context.host}",
        f"--secure-port={ports[SERVER]}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.certificate}",
        f"--kubelet-client-certificate={kubelet_client.certificate}",
        f"--kubelet-client-key={kubelet_client.key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={authority.service_account_public_key}",
        f"--service-account-signing-key-file={authority.service_account_key}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        # Endpoints on loopback are invalid; without real nodes nobody asks for them.
        *(["--endpoint-reconciler-type=none"] if context.host == LOOPBACK else []),
        "--profiling=false",
        # Nobody waits for a sandbox's clients to finish.
        "--shutdown-delay-duration=0s",
    ]


def controller_manager_command(context: Context, ports: Mapping[str, int]) -> list[str]:
    """All default controllers, each with its own service account, and quick to notice."""
    authority = context.authority
    credentials = context.credentials("system:kube-controller-manager")
    return [
        str(context.binaries["kube-controller-manager"]),
        *_component_flags(ports["kube-controller-manager"], credentials),
        "--use-service-account-credentials",
        f"--root-ca-file={authority.certificate}",
        f"--service-account-private-key-file={authority.service_account_key}",
        f"--cluster-signing-cert-file={authority.certificate}",
        f"--cluster-signing-key-file={authority.folder / 'ca.key'}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--node-monitor-period=1s",
        "--node-monitor-grace-period=40s",
        "--node-startup-grace-period=40s",
        "--namespace-sync-period=30s",
        "--concurrent-namespace-syncs=20",
    ]


def scheduler_command(context: Context, ports: Mapping[str, int]) -> list[str]:
    """The default scheduler with its default profile."""
    credentials = context.credentials("system:kube-scheduler")
    return [str(context.binaries["kube-scheduler"]), *_component_flags(ports["kube-scheduler"], credentials)]


def _component_flags(port: int, credentials: Path) -> list[str]:
    return [
        f"--kubeconfig={credentials}",
        f"--authentication-kubeconfig={credentials}",
        f"--authorization-kubeconfig={credentials}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        "--leader-elect=false",
        "--profiling=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def start(context: Context, ports: Mapping[str, int]) -> None:
    """Start the four and return when all are ready; SandboxError with the last lines of the log of one that died."""
    etcd = context.start("etcd", etcd_command(context, ports))
    command = apiserver_command(context, ports)
    until_part_ready(etcd, context, ports)
    apiserver = context.start(SERVER, command)
    manager, scheduler = controller_manager_command(context, ports), scheduler_command(context, ports)
    until_part_ready(apiserver, context, ports)
    # Not earlier: what is refused before the API server has made its roles is tried again only seconds later.
    started = [context.start("kube-controller-manager", manager), context.start("kube-scheduler", scheduler)]
    for process in started:
        until_part_ready(process, context, ports)


def until_part_ready(process: Process, context: Context, ports: Mapping[str, int]) -> None:
    """Return when this one of the four is ready; SandboxError with the last lines of its log when it has died."""
    if process.name == "etcd":
        until_ready(process, lambda: listening(LOOPBACK, ports["etcd"]), seconds=READY_SECONDS)
    elif process.name == SERVER:
        _wait_for(process, f"{context.server}/readyz", context.authority.certificate)
    else:
        _wait_for(process, f"https://{LOOPBACK}:{ports[process.name]}/{_HEALTH[process.name]}", None)


def _wait_for(process: Process, url: str, trusted: Path | None) -> None:
    """Wait until `url` answers 200; without `trusted` a self-made certificate on loopback is taken."""
    context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    if trusted is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    until_ready(process, lambda: _answers(url, context), seconds=READY_SECONDS)


def _answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        with opener(context).open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False
