"""What stands for the placeholders of a runtime's server in the pods of one version. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.api.parameters import ServerParameters
from aiapp.api.runtime_server import PLACEHOLDERS, PortName, RuntimeServer, ServerPort

DEFAULT_PORT: Final = 8080
"""ModelArts' serving port, on which clients of the version's Service reach the pods."""
_PLACEHOLDER: Final = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}", re.ASCII)

Values = Mapping[str, str]
"""By placeholder; one without a value is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be served, and with what."""

    application: str
    version: str
    model_path: str
    """Folder of the model in the container."""
    npus: int
    parameters: ServerParameters


def values(server: RuntimeServer, subject: Subject) -> Values:
    """Every placeholder that has a value."""
    asked, numbers = subject.parameters, range(subject.npus)
    known = {
        "modelPath": subject.model_path,
        **{_PORTS[one.name]: str(one.port) for one in ports(server)},
        "servedName": asked.served_name or subject.application,
        "application": subject.application,
        "version": subject.version,
        "npuCount": str(subject.npus),
        "npuIds": ",".join(map(str, numbers)) if numbers else None,
        "tensorParallelSize": str(asked.tensor_parallel_size or max(1, subject.npus)),
        "contextLength": str(asked.context_length) if asked.context_length else None,
        "dtype": asked.dtype,
    }
    return {name: value for name, value in known.items() if value is not None}


_PORTS: Final[Mapping[PortName, str]] = {"service": "port", "management": "managementPort", "metrics": "metricsPort"}


def parameters(asked: ServerParameters | None, usual: ServerParameters | None) -> ServerParameters:
    """The version's, else the runtime's. Arguments follow one another, the version's last."""
    given, then = asked or ServerParameters(), usual or ServerParameters()
    extra = (*(then.extra_args or ()), *(given.extra_args or ()))
    set_ = given.model_dump(exclude_none=True) | ({"extra_args": extra} if extra else {})
    return then.model_copy(update=set_)


def ports(server: RuntimeServer) -> tuple[ServerPort, ...]:
    """All of them, that of predictions first."""
    given = server.ports or ()
    service = next((one for one in given if one.name == "service"), ServerPort(name="service", port=DEFAULT_PORT))
    return (service, *(one for one in given if one.name != "service"))


def missing(text: str, values: Values) -> tuple[str, ...]:
    """Placeholders in the text that have no value, in order."""
    return tuple(dict.fromkeys(name for name in _PLACEHOLDER.findall(text) if name not in values))


def filled(text: str, values: Values) -> str:
    """The text with every value in its place; what has none stays as it is. Values are not searched again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def filled_words(templates: Iterable[str] | None, values: Values) -> list[str]:
    """Those that are complete, filled."""
    return [filled(text, values) for text in templates or () if not missing(text, values)]
