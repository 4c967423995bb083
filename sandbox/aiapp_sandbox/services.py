"""What a sandbox offers beside the control plane: an S3 server, an image registry, a gateway."""

import secrets
from collections.abc import Callable

import yaml

from aiapp_sandbox import gateway
from aiapp_sandbox.context import Context
from aiapp_sandbox.pins import GATEWAY_API, TRAEFIK_KINDS
from aiapp_sandbox.ports import listening, reserved
from aiapp_sandbox.processes import Process, until_ready
from aiapp_sandbox.state import Service

READY_SECONDS = 30


def start_s3(context: Context) -> Service:
    """Start versitygw over a folder, with object versions; keys are made up for this sandbox."""
    base = context.folder.path / "s3"
    objects, versions = base / "objects", base / "versions"
    for directory in (objects, versions):
        directory.mkdir(parents=True, exist_ok=True)
    access_key, secret_key = f"AK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30)
    with reserved(context.host, ("s3",)) as ports:
        process = context.start(
            "s3",
            [
                str(context.binaries["versitygw"]),
                f"--port={context.host}:{ports['s3']}",
                "--quiet",
                "--keep-alive",  # as every store in production does
                *("posix", "--versioning-dir", str(versions), str(objects)),
            ],
            # In the environment and not among the arguments, which every user of the machine can read.
            {"ROOT_ACCESS_KEY": access_key, "ROOT_SECRET_KEY": secret_key},
        )
        service = Service(endpoint=f"http://{context.host}:{ports['s3']}", access_key=access_key, secret_key=secret_key)
        until_service_ready(process, service)
    return service


def start_registry(context: Context) -> Service:
    """Start distribution over a folder, plain http, without authentication."""
    base = context.folder.path / "registry"
    base.mkdir(parents=True, exist_ok=True)
    with reserved(context.host, ("registry",)) as ports:
        address = f"{context.host}:{ports['registry']}"
        config = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(base / "data")}, "delete": {"enabled": True}},
            "http": {"addr": address},
        }
        (base / "config.yaml").write_text(yaml.safe_dump(config))
        process = context.start("registry", [str(context.binaries["registry"]), "serve", str(base / "config.yaml")])
        service = Service(endpoint=f"http://{address}")
        until_service_ready(process, service)
    return service


def until_service_ready(process: Process, service: Service) -> None:
    """Return when the service takes connections; SandboxError when its process has ended."""
    host, _, port = service.address.rpartition(":")
    until_ready(process, lambda: listening(host, int(port)), seconds=READY_SECONDS)


STARTERS: dict[str, Callable[[Context], Service]] = {
    "s3": start_s3,
    "registry": start_registry,
    "gateway": gateway.start,
}
PROGRAMS: dict[str, tuple[str, ...]] = {
    "s3": ("versitygw",),
    "registry": ("registry",),
    "gateway": ("traefik", GATEWAY_API.name, TRAEFIK_KINDS.name),
}
PREPARED = ("s3", "registry")
"""Those that nearly everybody wants; the others are built when they are asked for."""
