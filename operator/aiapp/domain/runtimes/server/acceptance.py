"""Whether a version can be served by its runtime as it is asked for, known before any pod. Pure."""

from collections.abc import Iterator

from aiapp.api.conditions import Reason
from aiapp.api.container import Container
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.runtime_server import RuntimeServer
from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.conditions import Trouble
from aiapp.domain.runtimes.server.placeholders import Subject, missing, values


def objection(runtime: RuntimeSpec, container: Container, served: ServedVersion, serving: Serving) -> Trouble | None:
    """An option that only the other kind of server knows."""
    if runtime.server is None:
        if container.parameters is None:
            return None
        message = f"container.parameters: runtime {runtime.name} has no server of its own that they would be for"
        return Trouble(Reason.OPTION_UNSUPPORTED, f"{message}: leave them out, or take a runtime that has one")
    field = next(_refused(container, served, serving), None)
    if field is None:
        return None
    message = f"{field}: it is for the platform's model server, runtime {runtime.name} brings its own"
    return Trouble(
        Reason.OPTION_UNSUPPORTED, f"{message}: leave it out; container.parameters.extraArgs may say the same"
    )


def incomplete(runtime: str, server: RuntimeServer, subject: Subject) -> Trouble | None:
    """A configuration file or command with a placeholder that has no value."""
    known = values(server, subject)
    texts = [*((one.path, one.text) for one in server.files or ()), *(("its command", word) for word in server.command)]
    for place, text in texts:
        for name in missing(text, known):
            message = f"runtime {runtime}: {place} needs {{{name}}}: set {_remedy(name)}"
            return Trouble(Reason.PARAMETER_MISSING, message)
    return None


def _refused(container: Container, served: ServedVersion, serving: Serving) -> Iterator[str]:
    if serving.limits is not None:
        yield "serving.limits"
    if (served.workers or container.workers or 1) > 1:
        yield "serving.versions[].workers" if served.workers else "container.workers"


def _remedy(placeholder: str) -> str:
    match placeholder:
        case "managementPort" | "metricsPort":
            return f"spec.server.ports of its InferenceRuntime: {placeholder.removesuffix('Port')}"
        case "npuIds":
            return "container.npu"
        case _:
            return f"container.parameters.{placeholder}"
