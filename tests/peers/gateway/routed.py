"""The applications of the end-to-end tests behind a gateway, asked through it from outside of the cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.serving import Serving
from tests.support.kube import Object
from tests.support.load import Load, from_host
from typing_extensions import override

from aiapp_sandbox import gateway


@dataclass(frozen=True)
class Routed(Serving):
    """Its requests come through the sandbox's Gateway, by a hostname of its own."""

    url: str
    """The gateway's."""
    output: Path
    """Where clients write what they have seen."""

    @property
    def hostname(self) -> str:
        return f"{self.registry.namespace}.example.com"

    @property
    @override
    def entrance(self) -> Object:
        parent = {"name": gateway.NAME, "namespace": gateway.NAMESPACE}
        return {"gateway": {"parentRefs": [parent], "hostnames": [self.hostname]}}

    @override
    @contextmanager
    def asked(self, node: str | None = None) -> Iterator[Load]:
        with from_host(self.url, self.hostname, self.output) as load:
            yield load
