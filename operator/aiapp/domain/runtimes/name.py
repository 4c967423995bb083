"""The grammar of runtime names such as `pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64`. Pure text.

Tokens are distinguished by form, not by place: names with hardware and Python swapped exist. Names from before
the grammar (`tf1.13-python3.6-cpu`) are read as far as they go.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from typing_extensions import override

HardwareKind = Literal["CPU", "CUDA", "CANN"]

_TOKENS: Final = {
    "engine": re.compile(r"(?P<name>[a-z]+(?:_[a-z]+)*)_(?P<version>\d+(?:\.[0-9a-z]+)*)", re.ASCII),
    "hardware": re.compile(r"(?P<kind>cann|cuda)_(?P<version>\d+(?:\.[0-9a-z]+)*)|(?P<cpu>cpu)", re.ASCII),
    "python": re.compile(r"(?:py|python)_?(?P<version>\d+(?:\.\d+)?)", re.ASCII),
    "os": re.compile(r"(?P<name>euler|ubuntu|hce|openeuler|debian|ubi)_(?P<version>\d+(?:\.\d+)*)", re.ASCII),
    "architecture": re.compile(r"(?P<architecture>aarch64|x86_64|arm64|amd64)", re.ASCII),
    "chip": re.compile(r"(?P<chip>snt3p|snt3|snt9b23|snt9b[123]?|snt9c|snt9|d910|d310p|d310)", re.ASCII),
    "card": re.compile(r"(?P<card>300i|roma)", re.ASCII),
    "extra": re.compile(r"uid\d+|\d{8,14}|[0-9a-f]{7,40}", re.ASCII),
}
_ORDER: Final = ("hardware", "python", "os", "architecture", "chip", "card", "extra", "engine")
"""Narrow forms first: `cann_6.3.0` has the form of an engine, too."""
_ARCHITECTURES: Final = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "amd64", "amd64": "amd64"}
_REPEATABLE: Final = {"engine", "extra"}
"""A second library may follow the engine, a build date may come with a hash."""
_REQUIRED: Final = ("engine", "python", "os", "architecture")
_OLD: Final = re.compile(
    r"(?:(?P<engine>[a-z]+)_?(?P<version>\d+(?:\.\d+)*)-)?(?:py|python)(?P<python>\d(?:\.\d+)?)(?:-(?:cpu|gpu))?",
    re.ASCII,
)


class RuntimeNameError(ValueError):
    """A name that does not follow the grammar; names the token at fault."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the image was made for: CPU, or CUDA or CANN of a version."""

    kind: HardwareKind
    version: str | None = None

    @override
    def __str__(self) -> str:
        return self.kind if self.version is None else f"{self.kind} {self.version}"


@dataclass(frozen=True, slots=True)
class RuntimeName:
    """The parts of a runtime's name."""

    name: str
    engine: str
    """Engine and version as written, for example `pytorch_1.11.0`."""
    hardware: Hardware
    python: str
    """For example `3.7`."""
    os: str
    """Operating system of the image, for example `euler_2.8.3`."""
    architecture: str
    """As Kubernetes writes it: `arm64` or `amd64`."""
    chip: str | None = None
    """Chip token, for example `snt9b`; None in older names."""
    libraries: tuple[str, ...] = ()
    """Engines beside the first, as written."""


class Versions(NamedTuple):
    """The versions in the image that a name of either form states; None where it states none."""

    engine: str | None = None
    """Version of the engine."""
    python: str | None = None


def versions(name: str) -> Versions:
    """Of a name by the grammar or of the form before it; nothing of other names."""
    try:
        parts = parse(name)
    except RuntimeNameError:
        old = _OLD.fullmatch(name.lower())
        return Versions(old.group("version"), old.group("python")) if old else Versions()
    return Versions(engine_and_version(parts.engine)[1], parts.python)


def engine_and_version(token: str) -> tuple[str, str]:
    """`pytorch` and `1.11.0` of `pytorch_1.11.0`."""
    engine, _, version = token.rpartition("_")
    return engine, version


def parse(name: str) -> RuntimeName:
    """Raises RuntimeNameError."""
    found, engines = _classified(name)
    if missing := [kind for kind in _REQUIRED if kind not in found]:
        raise RuntimeNameError(f"runtime {name!r} does not say its {', '.join(missing)}")
    return RuntimeName(
        name=name,
        engine=engines[0],
        hardware=_hardware(found.get("hardware")),
        python=_dotted(found["python"].group("version")),
        os=found["os"].group(),
        architecture=_ARCHITECTURES[found["architecture"].group()],
        chip=found["chip"].group() if "chip" in found else None,
        libraries=engines[1:],
    )


def object_name(name: str) -> str:
    """Name of the InferenceRuntime object: lower case, `-` for `_`."""
    return name.lower().replace("_", "-")


def nearest(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The known names that look most like it, for "did you mean"."""
    by_key = {object_name(candidate): candidate for candidate in sorted(known)}
    keys = difflib.get_close_matches(object_name(name), by_key, n=count, cutoff=0.6)
    return tuple(by_key[key] for key in keys)


def _classified(name: str) -> tuple[dict[str, re.Match[str]], tuple[str, ...]]:
    """The first token of each kind, and all that name an engine or library."""
    found: dict[str, re.Match[str]] = {}
    engines: list[str] = []
    for token in name.lower().split("-"):
        kind, match = _classify(name, token)
        if kind in found and kind not in _REPEATABLE:
            raise RuntimeNameError(f"runtime {name!r} says its {kind} twice: {found[kind].group()!r} and {token!r}")
        found.setdefault(kind, match)
        engines += [token] if kind == "engine" else []
    return found, tuple(engines)


def _classify(name: str, token: str) -> tuple[str, re.Match[str]]:
    for kind in _ORDER:
        if match := _TOKENS[kind].fullmatch(token):
            return kind, match
    raise RuntimeNameError(f"runtime {name!r}: {token!r} is no engine, hardware, Python, system, architecture or chip")


def _hardware(match: re.Match[str] | None) -> Hardware:
    """Old names leave the hardware out when it is the CPU."""
    if match is None or match.group("cpu"):
        return Hardware("CPU")
    return Hardware("CANN" if match.group("kind") == "cann" else "CUDA", match.group("version"))


def _dotted(version: str) -> str:
    """`37` means 3.7."""
    return version if "." in version or len(version) == 1 else f"{version[0]}.{version[1:]}"
