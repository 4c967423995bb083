"""A shell in which the commands of a page are run one after the other, as a reader would."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_DONE = "--- done"


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    output: str
    """Its standard output, and that of whatever runs in the background meanwhile."""
    code: int


class Shell:
    """One bash for a whole page: variables, folders and jobs go on from one command to the next."""

    def __init__(self, folder: Path, scratch: Path, environ: Mapping[str, str]) -> None:
        self._scratch = scratch
        self._steps = 0
        self.errors = scratch / "stderr.log"
        with self.errors.open("ab") as errors:
            self._bash = subprocess.Popen(
                ["bash", "--noprofile", "--norc"],
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                process_group=0,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell and every job that the page has left running."""
        os.killpg(self._bash.pid, signal.SIGTERM)
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.close()
        self._bash.wait(30)
        self._bash.stdout.close()

    def run(self, command: str, *, seconds: float) -> Outcome:
        """Run the lines of a command; AssertionError when they take longer."""
        self._steps += 1
        step = self._scratch / f"step-{self._steps}.sh"
        step.write_text(command)
        assert self._bash.stdin
        # From a file, so that no command reads those that follow it as its input.
        self._bash.stdin.write(f". {step} </dev/null\nprintf '\\n{_DONE} %s\\n' $?\n".encode())
        self._bash.stdin.flush()
        outcome = self._outcome(command, time.monotonic() + seconds)
        with (self._scratch / "transcript.txt").open("a") as transcript:
            transcript.write(f"$ {command}{outcome.output}\n")
        return outcome

    def _outcome(self, command: str, deadline: float) -> Outcome:
        assert self._bash.stdout
        output = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._bash.stdout, selectors.EVENT_READ)
            while True:
                head, done, code = output.rpartition(f"\n{_DONE} ".encode())
                if done and code.endswith(b"\n"):
                    return Outcome(head.decode(), int(code))
                assert selector.select(deadline - time.monotonic()), f"not done in time:\n{command}{output.decode()}"
                chunk = os.read(self._bash.stdout.fileno(), 1 << 16)
                assert chunk, f"the shell has ended:\n{command}{output.decode()}"
                output += chunk
