"""Runtimes with a server of their own that the API server refuses: field, words, document, and what is wrong."""

from typing import Any, Final

from tests.support.documents import Document, changed, runtime, version

from aiapp.api.runtime_server import PLACEHOLDERS

Row = tuple[str, str, Document, str]
SERVER: Final[Document] = {"command": ["serve"], "readiness": {"path": "/health"}}
TEMPLATE: Final = (
    f"a word in braces is a placeholder, one of {', '.join(f'{{{placeholder}}}' for placeholder in PLACEHOLDERS)}"
)
FILE_ELSEWHERE: Final = (
    "path: the pod has something of its own there (the package below /home/mind and /home/ma-user, the server in "
    "/opt/aiapp, libraries in /opt/aiapp-dependencies, /tmp, devices, /etc/hosts and what else Kubernetes puts there): "
    "choose another path"
)
FILES_LONG: Final = (
    "files: all of them may have 160 KiB in UTF-8, since pods have them as annotations: shorten them, or put what is "
    "long into the image"
)
SERVED_NAME: Final = (
    "the name of a served model consists of letters, digits, '-', '_', '.' and '/', with a letter or digit at both ends"
)
PATH: Final = (
    "a path in the image is absolute, of letters, digits, '.', '_', '+' and '-', no part of it starting with '.'"
)


def serving(**fields: Any) -> Document:
    """A runtime with a server with these fields."""
    return changed(runtime(), spec__server=SERVER | fields)


def files_of_160_kib(more: str = "") -> list[Document]:
    """Eight files, the first of which says this as well."""
    return [{"path": f"/{at}", "text": "é" * (10 << 10) + ("" if at else more)} for at in range(8)]


def listing(**fields: Any) -> Document:
    """A runtime with one image of several with these fields."""
    return changed(runtime(), spec__images=[{"image": "r/i:1"} | fields])


def asking(**parameters: Any) -> Document:
    """A version with these parameters."""
    return changed(version(), spec__container__parameters=parameters)


IN_SERVER: Final[tuple[Row, ...]] = (
    (
        "spec.images",
        "images says for each image the chips that it is for: leave out image and chips",
        changed(listing(), spec__image="r/i:2"),
        "one image and several",
    ),
    (
        "spec.command",
        "command starts the platform's model server, server is another one: server.prelude and server.command start it",
        changed(serving(), spec__command=["sh"]),
        "a prefix for a server that is not the platform's",
    ),
    (
        "spec.images[0].cann",
        "a CANN release, for example 9.1.0",
        listing(cann="RC1"),
        "a release of CANN without a number",
    ),
    ("spec.server.command[0]", TEMPLATE, serving(command=["{model}"]), "a word that is no placeholder"),
    ("spec.server.files[0].text", TEMPLATE, serving(files=[{"path": "/a", "text": '{"a": {b}}'}]), "one in a file"),
    ("spec.server.files[0].path", PATH, serving(files=[{"path": "/a/../b", "text": "x"}]), "a file's way up"),
    *(
        (
            "spec.server.files[0].path",
            FILE_ELSEWHERE,
            serving(files=[{"path": path, "text": "x"}]),
            f"a file in the way of the pod: {path}",
        )
        for path in ("/home/mind/model/config.json", "/tmp", "/tmp/a", "/opt", "/etc", "/etc/hosts", "/var/run/a")
    ),
    (
        "spec.server.files",
        "files: the path of one lies below that of another one, which is a file",
        serving(files=[{"path": "/a", "text": "x"}, {"path": "/a/b", "text": "x"}]),
        "a file below a file",
    ),
    (
        "spec.server.files",
        FILES_LONG,
        serving(files=files_of_160_kib("x")),
        "files that pods cannot have as annotations",
    ),
    *(
        (
            "spec.server.files",
            "files: the driver is mounted there (driver.paths): choose another path",
            serving(
                files=[{"path": path, "text": "x"}],
                driver={"origin": "HostPath", "paths": ["/usr/local/Ascend/driver"]},
            ),
            f"a file in the way of the driver: {path}",
        )
        for path in ("/usr/local/Ascend", "/usr/local/Ascend/driver", "/usr/local/Ascend/driver/version.info")
    ),
    (
        "spec.server.env[0]",
        "a variable has exactly one of value and fieldPath",
        serving(env=[{"name": "A", "value": "1", "fieldPath": "status.podIP"}]),
        "a variable with two values",
    ),
    (
        "spec.server.env[0].fieldPath",
        "fieldPath is a field of the pod that Kubernetes gives to containers, for example status.podIP",
        serving(env=[{"name": "A", "fieldPath": "spec.containers"}]),
        "a field that containers are not given",
    ),
    (
        "spec.server.readiness",
        "a probe has exactly one of path and command",
        serving(readiness={"periodSeconds": 1}),
        "a probe that asks nothing",
    ),
    (
        "spec.server.liveness.port",
        "port: a probe by command asks no port",
        serving(liveness={"command": ["true"], "port": "service"}),
        "a command with a port",
    ),
    (
        "spec.server.readiness.path",
        "the path of a probe starts with '/' and has no spaces",
        serving(readiness={"path": "health"}),
        "a path without its slash",
    ),
    (
        "spec.server.stop",
        "stop says exactly one of path, command and waitSeconds",
        serving(stop={"path": "/stop", "waitSeconds": 1}),
        "two ways to stop",
    ),
    (
        "spec.server.driver.paths",
        "paths: the container runtime mounts what it wants; paths are for origin HostPath",
        serving(driver={"origin": "Runtime", "paths": ["/usr/local/dcmi"]}),
        "mounts beside those of the container runtime",
    ),
    *(
        (
            f"spec.server.{probe}",
            f"{probe}: ports has none of that name",
            serving(**{probe: {"path": "/", "port": "management"}}),
            f"a port that is not there for {probe}",
        )
        for probe in ("startup", "readiness", "liveness", "stop")
    ),
    (
        "spec.server.capabilities[0]",
        "a capability is written without CAP_, for example DAC_OVERRIDE",
        serving(capabilities=["dac_override"]),
        "a capability in lower case",
    ),
    (
        "spec.container.parameters.servedName",
        SERVED_NAME,
        asking(servedName='a"b'),
        "a quote in the name of a served model",
    ),
    (
        "spec.container.parameters",
        "parameters are for the server of a runtime: give an image of your own its args",
        changed(asking(contextLength=1), spec__container__image="r/i:1"),
        "parameters for an image of one's own",
    ),
    (
        "spec.container.parameters",
        "parameters are for the server of a runtime: give an image of your own its container.args",
        changed(asking(contextLength=1), spec__source={"image": {"reference": "r/i:1"}}),
        "parameters for an image that is the source",
    ),
)
