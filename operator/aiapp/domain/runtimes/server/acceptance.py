"""Whether a runtime's server is told everything that it has to be told, known before any pod. Pure."""

from aiapp.api.conditions import Reason
from aiapp.api.runtime_server import RuntimeServer
from aiapp.domain.conditions import Trouble
from aiapp.domain.runtimes.server.placeholders import Subject, missing, values


def incomplete(runtime: str, server: RuntimeServer, subject: Subject) -> Trouble | None:
    """A configuration file, command or path of a probe with a placeholder that has no value."""
    known = values(server, subject)
    probes = {"startup": server.startup, "readiness": server.readiness, "liveness": server.liveness}
    texts = [
        *((one.path, one.text) for one in server.files or ()),
        *(("its command", word) for word in server.command),
        *((f"its {name} path", probe.path) for name, probe in probes.items() if probe and probe.path),
    ]
    for place, text in texts:
        for name in missing(text, known):
            message = f"runtime {runtime}: {place} needs {{{name}}}: set {_remedy(name)}"
            return Trouble(Reason.PARAMETER_MISSING, message)
    return None


def _remedy(placeholder: str) -> str:
    match placeholder:
        case "managementPort" | "metricsPort":
            return f"spec.server.ports of its InferenceRuntime: {placeholder.removesuffix('Port')}"
        case "npuIds":
            return "container.npu"
        case _:
            return f"container.parameters.{placeholder}"
