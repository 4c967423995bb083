"""The least that a request to the API server costs in Python: one aiohttp session and orjson, no errors, no retries.

The peer of the control-plane bench: measured in the same run, it tells how busy and how fast the machine was.
"""

import asyncio
import time
from collections.abc import Iterator

import aiohttp
import orjson
from tests.support.kube import Kube

REQUESTS = 300
AT_ONCE = 4


def apply_ms(kube: Kube) -> float:
    """CPU milliseconds of a server-side apply of a small object, creation included."""
    return asyncio.run(_measured(kube))


async def _measured(kube: Kube) -> float:
    connector = aiohttp.TCPConnector(ssl=kube.ssl_context)
    async with aiohttp.ClientSession(kube.server, connector=connector, headers=kube.headers) as session:
        numbers = iter(range(REQUESTS))
        began = time.process_time()
        await asyncio.gather(*(_applied(session, numbers) for _ in range(AT_ONCE)))
        return (time.process_time() - began) / REQUESTS * 1000


async def _applied(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
    headers = {"Content-Type": "application/apply-patch+yaml"}
    for number in numbers:
        metadata = {"name": f"floor-{number}", "namespace": "default"}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": "x" * 500}}
        path = f"/api/v1/namespaces/default/configmaps/floor-{number}?fieldManager=floor"
        async with session.patch(path, data=orjson.dumps(body), headers=headers) as answer:
            orjson.loads(await answer.read())
