"""Whether a runtime's server is told all that it needs, and no more than pods can hold; known before any pod. Pure."""

from aiapp.api.conditions import Reason
from aiapp.api.runtime_server import MAX_FILES_BYTES, RuntimeServer
from aiapp.domain.conditions import Trouble
from aiapp.domain.runtimes.server.placeholders import Subject, filled, missing, values


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


def too_long(runtime: str, server: RuntimeServer, subject: Subject) -> Trouble | None:
    """Configuration files that pods cannot have as annotations: the values in their places may be long."""
    known = values(server, subject)
    size = sum(len(filled(file.text, known).encode()) for file in server.files or ())
    if size <= MAX_FILES_BYTES:
        return None
    message = (
        f"runtime {runtime}: spec.server.files of its InferenceRuntime have {size} bytes with every value in its "
        f"place, and pods may have {MAX_FILES_BYTES} of them: shorten them, or put what is long into the image"
    )
    return Trouble(Reason.SPEC_INVALID, message)


def _remedy(placeholder: str) -> str:
    match placeholder:
        case "managementPort" | "metricsPort":
            return f"spec.server.ports of its InferenceRuntime: {placeholder.removesuffix('Port')}"
        case "npuIds":
            return "container.npu"
        case _:
            return f"container.parameters.{placeholder}"
