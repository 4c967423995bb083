"""The last line of a process that failed: on stderr, and as the container's termination message."""

from __future__ import annotations

import os
import sys

DEFAULT_LOG = "/dev/termination-log"
EXIT_START_FAILED = 3
EXIT_SERVER_FAILED = 4


def report(line: str, log: str) -> None:
    """Prints the line and writes it to the termination log; the default one only where a container has it."""
    print(line, file=sys.stderr, flush=True)
    if log == DEFAULT_LOG and not os.path.exists(log):
        return
    try:
        with open(log, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(line + "\n")
    except OSError as error:
        print(f"(the termination log {log} cannot be written: {error.strerror})", flush=True)
