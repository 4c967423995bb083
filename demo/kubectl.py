"""kubectl as a program, shown as it runs. Never uses the user's own kubeconfig."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demo.errors import DemoError

SECONDS = 300
"""Longest call; `kubectl rollout status` and `kubectl wait` bound themselves."""


def silent(_: Sequence[str]) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Kubectl:
    """One cluster as its administrator."""

    program: Path
    kubeconfig: Path
    namespace: str = "default"
    show: Callable[[Sequence[str]], None] = silent
    """Gets each command as a person would type it."""

    def within(self, namespace: str) -> "Kubectl":
        """The same in another namespace."""
        return replace(self, namespace=namespace)

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run and show a command; its output. DemoError with what kubectl said when it fails."""
        self.show(("kubectl", *self._namespace, *arguments))
        return self.quietly(*arguments, stdin=stdin)

    def quietly(self, *arguments: str, stdin: str | None = None) -> str:
        """The same without showing it."""
        done = subprocess.run(
            [self.program, *self._namespace, *arguments],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self._cache)},
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise DemoError(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """What a command answers with `-o json`, without showing it."""
        return json.loads(self.quietly(*arguments, "--output=json"))

    def find(self, kind: str, name: str) -> Any:
        """The object without showing the command; None when there is none."""
        found = self.quietly("get", kind, name, "--ignore-not-found", "--output=json")
        return json.loads(found) if found else None

    @property
    def _namespace(self) -> tuple[str, ...]:
        return () if self.namespace == "default" else ("--namespace", self.namespace)

    @property
    def _cache(self) -> Path:
        """Goes with the cluster, not into the home folder."""
        return self.kubeconfig.parent / "kubectl"
