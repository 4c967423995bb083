"""What labels and environment of an image say of the nodes that it is made for.

Anyone may write them: what is no such word is dropped, and nothing of a value but releases and families is kept.

Who sets what, as found in the Dockerfiles that the images are published from:

* `ASCEND_TOOLKIT_HOME`, `ASCEND_HOME_PATH`: the CANN images of the Ascend community (quay.io/ascend/cann and
  ascendai/cann), and so all that are built upon these: vLLM-Ascend, MindIE, llama.cpp. They hold a path; `latest` in it
  tells no release, `cann-8.5.0` (SGLang, and CANN's layout since 8.5) or `ascend-toolkit/8.0.RC3` does.
* `SOC_VERSION`: vLLM-Ascend, for which chip its operators are compiled: ascend910b1 (A2), ascend910_9391 (A3),
  ascend310p1, ascend950 and what follows.
* `CANN_VERSION`: no image of the Ascend community, but many that are built upon theirs, with the release as it is.
* `CUDA_VERSION`, `NVIDIA_REQUIRE_CUDA`: NVIDIA's CUDA images, and all that are built upon them. Many of these, such as
  Triton's, serve on CPUs too.
"""

import re
from collections.abc import Iterable
from itertools import chain
from typing import Final

from aiapp.api.image import ImageHints
from aiapp.domain.images.registry_image import ImageConfig
from aiapp.domain.nodes.requirement import Hardware

HARDWARE_LABEL: Final = "dev.aiapp.hardware"
"""Label of an image: CPU, CUDA or CANN, whatever its environment looks like."""
CANN_LABEL: Final = "dev.aiapp.cann"
"""Label of an image: the release of CANN that it holds, for example `8.5.0`."""
CHIPS_LABEL: Final = "dev.aiapp.chips"
"""Label of an image: the Ascend chip families that it is made for, for example `Ascend910B,Ascend910C`."""

_HARDWARE: Final[dict[str, Hardware]] = {"CPU": "CPU", "CUDA": "CUDA", "CANN": "CANN"}
_CANN_PATHS: Final = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME")
_CANN_RELEASE: Final = "CANN_VERSION"
_SOC: Final = "SOC_VERSION"
_CUDA: Final = ("CUDA_VERSION", "NVIDIA_REQUIRE_CUDA")

_MAX_CHIPS: Final = 16
_RELEASE: Final = re.compile(r"(?=.{3,32}\Z)[0-9]{1,3}(\.[0-9A-Za-z]{1,16}){1,5}", re.ASCII)
_RELEASE_IN_PATH: Final = re.compile(r"/(?:cann-|ascend-toolkit/)([0-9][0-9A-Za-z.]{2,31})(?=/|\Z)", re.ASCII)
_CHIP: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}", re.ASCII)
_CHIPS_OF_SOC: Final = (
    (re.compile(r"ascend310p[0-9]*", re.ASCII), "Ascend310P"),
    (re.compile(r"ascend910b[0-9]+[a-z0-9-]*", re.ASCII), "Ascend910B"),
    (re.compile(r"ascend910_93[0-9]*", re.ASCII), "Ascend910C"),
    (re.compile(r"ascend950[a-z0-9_]*", re.ASCII), "Ascend950"),
)
_MAX_VALUE: Final = 1024
"""Characters of a list that are looked at, and of any other value."""


def hints(config: ImageConfig) -> ImageHints | None:
    """Labels of ours come first, then the environment; None: neither says anything."""
    cann, chips = _cann(config), _chips(config)
    signs = [one[1] for one in (cann, chips) if one is not None]
    found = _hardware(config, signs)
    if found is None:
        return None
    hardware, why = found
    if hardware != "CANN":
        return ImageHints(hardware=hardware, certain=why.startswith("label"), origin=why)
    return ImageHints(
        hardware=hardware,
        cann=cann[0] if cann else None,
        chips=chips[0] if chips else (),
        origin=", ".join(dict.fromkeys((why, *signs))),
    )


def _hardware(config: ImageConfig, signs: Iterable[str]) -> tuple[Hardware, str] | None:
    """What it is, and what says so: whatever says a release or a chip (`signs`) says that it is CANN."""
    if (stated := _HARDWARE.get(config.labels.get(HARDWARE_LABEL, ""))) is not None:
        return stated, f"label {HARDWARE_LABEL}"
    paths = (f"variable {name}" for name in _CANN_PATHS if config.environment.get(name))
    if (sign := next(chain(signs, paths), None)) is not None:
        return "CANN", sign
    cuda = next((name for name in _CUDA if config.environment.get(name)), None)
    return ("CUDA", f"variable {cuda}") if cuda else None


def _cann(config: ImageConfig) -> tuple[str, str] | None:
    """The release, and what says so."""
    stated = config.labels.get(CANN_LABEL, "")
    if _RELEASE.fullmatch(stated):
        return stated, f"label {CANN_LABEL}"
    release = config.environment.get(_CANN_RELEASE, "")
    if _RELEASE.fullmatch(release):
        return release, f"variable {_CANN_RELEASE}"
    for name in _CANN_PATHS:
        in_path = _RELEASE_IN_PATH.search(_bounded(config.environment.get(name, "")))
        if in_path and _RELEASE.fullmatch(in_path[1]):
            return in_path[1], f"variable {name}"
    return None


def _chips(config: ImageConfig) -> tuple[tuple[str, ...], str] | None:
    """The families, and what says so."""
    words = _whole_words(config.labels.get(CHIPS_LABEL, ""))
    if stated := tuple(dict.fromkeys(filter(_CHIP.fullmatch, words)))[:_MAX_CHIPS]:
        return stated, f"label {CHIPS_LABEL}"
    soc = _bounded(config.environment.get(_SOC, "")).lower()
    chip = next((chip for pattern, chip in _CHIPS_OF_SOC if pattern.fullmatch(soc)), None)
    return ((chip,), f"variable {_SOC}") if chip else None


def _bounded(value: str) -> str:
    """A longer one says nothing: a part of it could say something else."""
    return value if len(value) <= _MAX_VALUE else ""


def _whole_words(listed: str) -> list[str]:
    """The words of a list, up to the one that goes beyond the bound."""
    words = listed[: _MAX_VALUE + 1].replace(",", " ")
    return (words if len(words) <= _MAX_VALUE else words.rpartition(" ")[0]).split()
