"""Placeholders of a runtime's server, the shipped runtimes that bring one, and what chips need of the driver."""

from collections.abc import Iterator
from typing import Final

from aiapp.adapters.shipped import shipped_runtimes, shipped_tables
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.runtime_server import PLACEHOLDERS, RuntimeServer, ServerProbe
from aiapp.domain.runtimes.editions import Edition, editions
from aiapp.domain.runtimes.name import parse
from aiapp.domain.runtimes.pod_security import pod_security
from aiapp.domain.runtimes.server.placeholders import ports

INTRODUCTION: Final = """\
<!-- Made from the API and the shipped catalogue by `make crds`; do not edit. -->
# Engines with a server of their own

[How to serve with one](../how-to/serve-with-an-engine-of-its-own.md); the fields of a `server` block are in the
[API reference](api.md).

## Placeholders

In `command`, `args`, `files`, `env` and the paths of probes. There are no others.

| placeholder | stands for |
|---|---|
"""
SHIPPED: Final = """
## Shipped runtimes

None of them was run on an NPU by this project: names, ports, options and CANN releases are what the engines' projects
publish; `manifests/runtimes/engines.yaml` names the sources. An image that needs a login is left to the administrator.

| runtime | protocol | image | for | CANN | NPUs of a pod | number formats |
|---|---|---|---|---|---|---|
"""
BEHAVIOUR: Final = """
How their state is asked for, and what their pods ask of a namespace that enforces the Pod Security Standards:

| runtime | ports | started, ready | alive | start may take | before SIGTERM | Pod Security |
|---|---|---|---|---|---|---|
"""
DRIVER: Final = """
## Driver mounts

With `driver.origin: HostPath` pods mount these of the node, read-only. A ConfigMap of
[node facts](../how-to/nodes.md) may say otherwise (`driver_paths`, for all chips or one).

| chip family | files and folders |
|---|---|
"""


def engines_page() -> str:
    """The page in Markdown."""
    own = [runtime for runtime in shipped_runtimes().values() if runtime.server is not None]
    rows = (row for runtime in own for row in _images(runtime))
    return "".join(
        [
            INTRODUCTION,
            *(f"| `{{{name}}}` | {meaning} |\n" for name, meaning in PLACEHOLDERS.items()),
            SHIPPED,
            *rows,
            BEHAVIOUR,
            *(_behaviour(runtime, runtime.server) for runtime in own if runtime.server is not None),
            DRIVER,
            *_driver_paths(),
        ]
    )


def _images(runtime: RuntimeSpec) -> Iterator[str]:
    """A row for each image; what is the runtime's own stands in the first."""
    assert runtime.server is not None
    first = (f"`{runtime.name}`", runtime.server.protocol)
    for place, edition in enumerate(editions(runtime)):
        yield _row(*(first if place == 0 else ("", "")), *_edition(edition, runtime))


def _edition(edition: Edition, runtime: RuntimeSpec) -> tuple[str, ...]:
    name = parse(runtime.name)
    architectures = " and ".join(edition.architectures or (name.architecture,))
    return (
        f"`{edition.image}`" if edition.image else "yours",
        f"{', '.join(edition.chips)} on {architectures}" if edition.chips else architectures,
        (edition.cann or name.hardware.version or "") if name.hardware.kind == "CANN" else "",
        ", ".join(map(str, edition.npu_counts)),
        ", ".join(edition.dtypes),
    )


def _behaviour(runtime: RuntimeSpec, server: RuntimeServer) -> str:
    started = server.startup or server.readiness
    asked = dict.fromkeys((_asked(started), _asked(server.readiness)))
    return _row(
        f"`{runtime.name}`",
        ", ".join(f"{one.name} {one.port}" for one in ports(server)),
        ", then ".join(asked),
        _asked(server.liveness) if server.liveness else "",
        f"{server.start_seconds} s" if server.start_seconds else "`deployTimeoutSeconds`",
        f"`{server.stop.path}`" if server.stop else "it goes on for 20 s",
        pod_security(runtime),
    )


def _asked(probe: ServerProbe) -> str:
    port = f" ({probe.port})" if probe.port else ""
    return f"`{probe.path}`{port}"


def _driver_paths() -> Iterator[str]:
    tables = shipped_tables()
    for chip in tables.chips:
        yield _row(chip.id, ", ".join(f"`{path}`" for path in tables.paths_of_driver((chip,))))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
