"""The operator killed at each of its writes, in one namespace after another; the test says what has to come of it.

The fixture `proxied` is for modules that import it.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import Registry, keys
from tests.support.sandbox import Bucket
from tests.support.write_proxy import WriteProxy, write_proxy

FEWEST_WRITES = 4
STRIKE_SECONDS = 120


@dataclass(frozen=True)
class Proxied:
    """The operator, all of whose requests to the API server go through the proxy."""

    operator: Operator
    proxy: WriteProxy

    def start(self, registry: Registry) -> None:
        """The operator, whose writes to that namespace are counted."""
        self.proxy.watch(registry.namespace)
        self.operator.start()

    def killed_at_each_write(
        self,
        begin: Callable[[], tuple[Registry, Object]],
        live: Callable[[Registry, Object], None] | None = None,
    ) -> list[tuple[int, Registry, Object]]:
        """Begun anew for each write so far, and killed at that one; then the operator runs again.

        `live` waits for the kill; it has to come unless this waits for something else as well.
        """
        writes = len(self.proxy.written)
        assert writes >= FEWEST_WRITES, self.proxy.written
        self.operator.kill()
        runs = []
        for number in range(1, writes + 1):
            registry, subject = begin()
            self.proxy.watch(registry.namespace, fatal=number, before_answer=number % 2 == 0)
            self.operator.start(wait=False)
            if live is None:
                assert self.proxy.struck.wait(STRIKE_SECONDS), (number, self.proxy.written)
            else:
                live(registry, subject)
            if self.operator.process is not None:
                self.operator.kill()
            runs.append((number, registry, subject))
        self.proxy.watch("none")
        self.operator.start()
        assert len(runs) == writes
        return runs


@pytest.fixture(scope="module")
def proxied(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """The operator behind a proxy, killed until the test starts it."""
    with write_proxy(operator.kubeconfig, tmp_path_factory.mktemp("proxy")) as (proxy, kubeconfig):
        operator.kill()
        direct = operator.kubeconfig
        operator.kubeconfig = kubeconfig
        proxy.strike = operator.kill
        yield Proxied(operator, proxy)
        operator.kubeconfig = direct
        if operator.process is None:
            operator.start()


def fresh(kube: Kube, bucket: Bucket) -> Registry:
    """A namespace of its own, with keys for the bucket."""
    name = f"kill-{secrets.token_hex(4)}"
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    kube.create(keys(bucket, name))
    return Registry(kube, name, bucket)
