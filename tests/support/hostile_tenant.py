"""A tenant of one namespace at its worst: `python -m tests.support.hostile_tenant KUBECONFIG NAMESPACE STORE_PORT`.

Does nothing but what a holder of the roles `edit` and `aiapp-edit` may do, all of it at once, until it is killed.
"""

import base64
import gzip
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.support.hostile_store import BUCKET, DOMAIN, FILES, PREFIX, STORES, etag
from tests.support.kube import ApiError, Kube, Object
from tests.support.waiting import eventually, paced

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY, from_listing
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, digest_config_map, manifest_config_map
from aiapp.domain.objectstore.listing import Listed

READY: Final = "everything is made"
VERSIONS_EACH: Final = 8
"""For each kind of store, each on a host of its own."""
SLOW: Final = ("hang", "mute", "trickle", "drip")
"""Of these one version each, so that others have places too."""
APPLICATIONS_BESIDE: Final = 25
"""Which serve versions that there are not, beside one for each kind of store."""
LARGE_ANNOTATIONS: Final = 100
PODS: Final = 60
REQUESTS_A_SECOND: Final = 10


def pin_of_the_sound_package() -> str:
    """Anybody who reads the documentation can compute it."""
    listed = (Listed(f"{PREFIX}{path}", len(body), etag(body)) for path, body in FILES.items())
    return from_listing(listed, PREFIX).pin


class Tenant:
    """Its objects, and what it keeps doing with them."""

    def __init__(self, kube: Kube, namespace: str, port: int) -> None:
        self._kube = kube
        self._namespace = namespace
        self._port = port
        self._requests = itertools.count(1)
        self._made: Counter[str] = Counter()
        self._applications = [*STORES, *(f"app-{number}" for number in range(APPLICATIONS_BESIDE))]
        self.refused: Counter[str] = Counter()

    def make(self) -> None:
        """Everything once."""
        self._make(self._foreign_manifests())
        self._make(self._large_config_maps())
        first = [self._version(kind) for kind in ("store", "slowlater") for _ in range(VERSIONS_EACH)]
        heavy = [kind for kind in STORES if kind not in {"store", "slowlater", *SLOW}]
        self._make(iter(first))
        eventually(lambda: all(map(self._is_pinned, first[VERSIONS_EACH:])))
        self._make(self._version(kind) for _ in range(VERSIONS_EACH) for kind in heavy)
        self._make(map(self._version, SLOW))
        self._make(self._application(name) for name in self._applications)
        self._make(self._pod(number) for number in range(PODS))

    def _is_pinned(self, version: Object) -> bool:
        now = self._kube.get(GROUP_VERSION, version["kind"], version["metadata"]["name"], self._namespace)
        return "artifact" in now.get("status", {})

    def go_on(self) -> Iterator[Callable[[], object]]:
        """What to do next, for ever: have versions read again, make others, change applications and ConfigMaps."""
        while True:
            versions = self._kube.list(GROUP_VERSION, "AIApplicationVersion", self._namespace)
            for number, version in enumerate(versions):
                yield lambda v=version: self._look_again(v)  # type: ignore[misc]
                if number % 4 == 0:
                    yield lambda n=number: self._change(n)  # type: ignore[misc]
                if number % 8 == 0:
                    yield lambda v=version: self._replace(v)  # type: ignore[misc]

    def attempt(self, action: Callable[[], object]) -> None:
        """The API server may refuse."""
        try:
            action()
        except (ApiError, OSError) as error:
            self.refused[getattr(error, "reason", "") or type(error).__name__] += 1

    def _make(self, bodies: Iterator[Object]) -> None:
        for body in bodies:
            self.attempt(lambda b=body: self._kube.create(b))  # type: ignore[misc]

    def _look_again(self, version: Object) -> None:
        asked = {"metadata": {"annotations": {"aiapp.dev/reconcile-at": f"{next(self._requests)}"}}}
        self._kube.patch(version, asked)

    def _change(self, number: int) -> None:
        body = self._application(self._applications[number % len(self._applications)])
        body["spec"]["serving"]["versions"][0]["replicas"] = next(self._requests) % 50
        self._kube.apply(body, force="true")

    def _replace(self, version: Object) -> None:
        self._kube.delete(version)
        self._kube.create(self._version(version["metadata"]["name"].partition("-")[0]))

    def _version(self, kind: str) -> Object:
        self._made[kind] += 1
        number = self._made[kind]
        source = {
            "uri": f"obs://{BUCKET}/{PREFIX}",
            "endpoint": f"http://{kind}-{number}.{DOMAIN}:{self._port}",
            "addressing": "Path",
        }
        spec = {"application": kind, "version": f"0.0.{number}", "source": {"obs": source}}
        return self._object(GROUP_VERSION, "AIApplicationVersion", f"{kind}-0.0.{number}", spec=spec)

    def _application(self, name: str) -> Object:
        versions = [{"version": f"0.0.{number}", "replicas": 1} for number in range(1, VERSIONS_EACH + 1)]
        return self._object(GROUP_VERSION, "AIApplication", name, spec={"serving": {"versions": versions}})

    def _foreign_manifests(self) -> Iterator[Object]:
        """Where the operator will look for the manifest and the digest of the sound package."""
        pin = pin_of_the_sound_package()
        bomb = base64.b64encode(gzip.compress(bytes(1 << 20)) * 600).decode()
        for name in (manifest_config_map(pin), digest_config_map(pin)):
            yield self._config_map(name, {CONFIG_MAP_KEY: bomb})

    def _large_config_maps(self) -> Iterator[Object]:
        for number in range(LARGE_ANNOTATIONS):
            body = self._config_map(f"aiapp-manifest-{number:032x}", {})
            body["metadata"]["annotations"] = {f"aiapp.dev/{letter}": letter * 60_000 for letter in "abcd"}
            yield body

    def _config_map(self, name: str, data: dict[str, str]) -> Object:
        return self._object("v1", "ConfigMap", name, binaryData=data)

    def _pod(self, number: int) -> Object:
        container = {"name": "main", "image": "nowhere/none:1", "command": ["x" * 100_000]}
        body = self._object("v1", "Pod", f"pod-{number}", spec={"containers": [container]})
        body["metadata"]["labels"]["aiapp.dev/application"] = self._applications[number % len(self._applications)]
        return body

    def _object(self, api_version: str, kind: str, name: str, **fields: object) -> Object:
        labels = {MANAGED_BY_LABEL: MANAGED_BY}
        metadata = {"name": name, "namespace": self._namespace, "labels": labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def main(kubeconfig: str, namespace: str, port: str) -> None:
    """Until killed."""
    tenant = Tenant(Kube(Path(kubeconfig)), namespace, int(port))
    tenant.make()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        for action in paced(tenant.go_on(), REQUESTS_A_SECOND):
            tenant.attempt(action)


if __name__ == "__main__":
    main(*sys.argv[1:])
