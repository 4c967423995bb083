"""The load of the control-plane bench: packages in a bucket, pairs of version and application. Measures nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import aiohttp
import orjson
from obstore.store import S3Store
from tests.support.kube import Kube, Object
from tests.support.packages import RUNTIME, SERVICE, package, secret

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox import storage
from aiapp_sandbox.state import Service

NAMESPACES = tuple(f"bench-{number}" for number in range(10))
Item = TypeVar("Item")
BUCKET = "bench"
SECRET = "store"
VERSION = "1.0.0"
NEXT = "1.1.0"
AT_ONCE = 16
"""Requests in flight, as several people with kubectl would have."""


@dataclass(frozen=True, slots=True)
class Load:
    """`n` pairs, spread over the namespaces; each version has a package of its own."""

    n: int
    s3: Service

    def prepare(self, kube: Kube) -> None:
        """Namespaces, credentials, a runtime with an image, and the packages."""
        for namespace in NAMESPACES:
            kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            keys = {"accessKeyId": self.s3.access_key, "secretAccessKey": self.s3.secret_key}
            kube.create(secret(SECRET, namespace, **keys))
        runtime = kube.get(GROUP_VERSION, "InferenceRuntime", RUNTIME)
        kube.patch(runtime, {"spec": {"image": "localhost/runtime:1"}})
        asyncio.run(self._upload())

    def submit(self, kube: Kube) -> None:
        """Create every pair, version first, as fast as the API server takes them."""
        pairs = (document for place in places(self.n) for document in (self._version(*place), _application(*place)))
        post(kube, pairs)

    def add_next(self, kube: Kube) -> None:
        """A second version of each model, with a package of its own, that nobody serves yet."""
        asyncio.run(self._upload(NEXT))
        post(kube, (self._version(*place, NEXT) for place in places(self.n)))

    def bump(self, kube: Kube) -> None:
        """Let every application serve its second version."""
        patch(kube, (_application(*place, NEXT) for place in places(self.n)))

    async def _upload(self, version: str = VERSION) -> None:
        if version == VERSION:
            client = storage.client(self.s3)
            client.create_bucket(Bucket=BUCKET)
            client.close()
        config = {
            "endpoint": self.s3.endpoint,
            "region": storage.REGION,
            "access_key_id": self.s3.access_key,
            "secret_access_key": self.s3.secret_key,
            "virtual_hosted_style_request": False,
        }
        options = {"allow_http": True, "timeout": timedelta(seconds=60)}
        bucket = S3Store(BUCKET, config=config, client_options=options)  # type: ignore[arg-type]

        async def put(item: tuple[str, bytes]) -> None:
            await bucket.put_async(*item)

        await _at_once(put, self._files(version))

    def _files(self, version: str) -> Iterator[tuple[str, bytes]]:
        for name, _ in places(self.n):
            files = package(model__customize_service_py=f"{SERVICE}\n# {name} {version}\n")
            yield from ((f"{name}/{version}/{path}", body) for path, body in files.items())

    def _version(self, name: str, namespace: str, version: str = VERSION) -> Object:
        obs = {
            "uri": f"obs://{BUCKET}/{name}/{version}/",
            "endpoint": self.s3.endpoint,
            "credentialsSecretRef": {"name": SECRET},
        }
        spec: Object = {"application": name, "version": version, "source": {"obs": obs}}
        return _document("AIApplicationVersion", f"{name}-{version}", namespace, spec)


def _application(name: str, namespace: str, version: str = VERSION) -> Object:
    return _document("AIApplication", name, namespace, {"serving": {"versions": [{"version": version}]}})


def places(n: int) -> Iterator[tuple[str, str]]:
    """Names and namespaces of `n` models."""
    return ((f"model-{number:04d}", NAMESPACES[number % len(NAMESPACES)]) for number in range(n))


def _document(kind: str, name: str, namespace: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def post(kube: Kube, documents: Iterator[Object]) -> None:
    """Create them as fast as the API server takes them."""
    asyncio.run(_send(kube, "POST", documents))


def patch(kube: Kube, documents: Iterator[Object]) -> None:
    """Merge what they say into those that exist, as fast as the API server takes it."""
    asyncio.run(_send(kube, "PATCH", documents))


async def _send(kube: Kube, method: str, documents: Iterator[Object]) -> None:
    """Over connections that are kept: what is measured is the operator, not the load."""
    connector = aiohttp.TCPConnector(ssl=kube.ssl_context)
    async with aiohttp.ClientSession(kube.server, connector=connector, headers=kube.headers) as session:

        async def send(document: Object) -> None:
            metadata = document["metadata"]
            name = metadata["name"] if method == "PATCH" else None
            path = kube.path(document["apiVersion"], document["kind"], metadata["namespace"], name)
            headers = {"Content-Type": CONTENT_TYPES[method]}
            async with session.request(method, path, data=orjson.dumps(document), headers=headers) as answer:
                assert answer.status in {200, 201}, await answer.text()

        await _at_once(send, documents)


CONTENT_TYPES = {"POST": "application/json", "PATCH": "application/merge-patch+json"}


async def _at_once(work: Callable[[Item], Awaitable[None]], items: Iterator[Item]) -> None:
    async def worker() -> None:
        for item in items:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
