"""Which Ascend devices each worker process may use, as environment variables; it never opens one."""

from __future__ import annotations

import os
import re
from typing import Dict, List, Mapping, Sequence

VISIBLE = "ASCEND_RT_VISIBLE_DEVICES"
"""The devices of a process, by their numbers within the container: CANN's runtime renumbers them from 0."""
FIRST = "DEVICE_ID"
"""The device that MindSpore code asks for, of those that are visible."""


def devices(environ: Mapping[str, str], names: Sequence[str]) -> List[str]:
    """The numbers of this container's devices: those that the environment leaves visible, else one a device node."""
    given = environ.get(VISIBLE)
    if given is not None:
        return [part.strip() for part in given.split(",") if part.strip()]
    return [str(number) for number, _ in enumerate(name for name in names if re.fullmatch(r"davinci\d+", name))]


def own_devices() -> List[str]:
    """The devices of this very container."""
    return devices(os.environ, os.listdir("/dev"))


def share(number: int, workers: int, available: Sequence[str]) -> Dict[str, str]:
    """The variables of one of several workers: its own part of the devices, or one that it shares if they are fewer."""
    if workers == 1 or not available:
        return {}
    if workers <= len(available):
        part = available[number * len(available) // workers : (number + 1) * len(available) // workers]
    else:
        part = [available[number % len(available)]]
    return {VISIBLE: ",".join(part), FIRST: "0"}
