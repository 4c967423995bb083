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
        post(kube, self._documents())

    async def _upload(self) -> None:
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

        await _at_once(put, self._files())

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for name, _ in places(self.n):
            files = package(model__customize_service_py=f"{SERVICE}\n# {name}\n")
            yield from ((f"{name}/{path}", body) for path, body in files.items())

    def _documents(self) -> Iterator[Object]:
        for name, namespace in places(self.n):
            obs = {
                "uri": f"obs://{BUCKET}/{name}/",
                "endpoint": self.s3.endpoint,
                "credentialsSecretRef": {"name": SECRET},
            }
            spec: Object = {"application": name, "version": VERSION, "source": {"obs": obs}}
            yield _document("AIApplicationVersion", f"{name}-{VERSION}", namespace, spec)
            yield _document("AIApplication", name, namespace, {"serving": {"versions": [{"version": VERSION}]}})


def places(n: int) -> Iterator[tuple[str, str]]:
    """Names and namespaces of `n` models."""
    return ((f"model-{number:04d}", NAMESPACES[number % len(NAMESPACES)]) for number in range(n))


def _document(kind: str, name: str, namespace: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def post(kube: Kube, documents: Iterator[Object]) -> None:
    """Create them as fast as the API server takes them."""
    asyncio.run(_post(kube, documents))


async def _post(kube: Kube, documents: Iterator[Object]) -> None:
    """Over connections that are kept: what is measured is the operator, not the load."""
    connector = aiohttp.TCPConnector(ssl=kube.ssl_context)
    async with aiohttp.ClientSession(kube.server, connector=connector, headers=kube.headers) as session:

        async def create(document: Object) -> None:
            path = kube.path(document["apiVersion"], document["kind"], document["metadata"]["namespace"])
            headers = {"Content-Type": "application/json"}
            async with session.post(path, data=orjson.dumps(document), headers=headers) as answer:
                assert answer.status == 201, await answer.text()

        await _at_once(create, documents)


async def _at_once(work: Callable[[Item], Awaitable[None]], items: Iterator[Item]) -> None:
    async def worker() -> None:
        for item in items:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
