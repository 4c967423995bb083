"""Asks Prometheus for one number. Never shows more of an answer: its labels may be of series of others."""

import asyncio
import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from typing_extensions import override

from aiapp.adapters.http import bounded
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.ports.prometheus import Prometheus, PrometheusError

ANSWER_SECONDS: Final = 5.0
"""For one query, from its turn on."""
ANSWER_BYTES: Final = 256 * 1024
AT_ONCE: Final = 4
"""Queries at the same time, one a namespace."""
_LOST: Final = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSettings:
    """Where it is and how it is reached."""

    url: str
    """Without a path below which `/api/v1` would not be; empty: there is none."""
    token_file: str | None = None
    """File with a bearer token, read at each query: it may be renewed."""
    ca_bundle: str | None = None
    """File with the authorities that it is checked against, instead of the public ones."""


class PrometheusClient(Prometheus):
    """Prometheus's HTTP API, or that of anything that speaks it. Belongs to one event loop."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings
        self._limiter = TenantLimiter(AT_ONCE)

    @override
    async def number(self, query: str, *, tenant: str) -> float:
        if not self._settings.url:
            raise PrometheusError("the administrator has set no Prometheus (AIAPP_PROMETHEUS_URL)")
        async with self._limiter.slot(tenant):
            try:
                return _number(await self._answer(query))
            except bounded.TooLongError:
                raise PrometheusError("Prometheus's answer is too long for one number") from None
            except _LOST as error:
                raise PrometheusError(f"Prometheus does not answer: {_said(error)}") from None

    async def _answer(self, query: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        headers = await asyncio.to_thread(self._headers)
        parameters = {"query": query, "timeout": f"{ANSWER_SECONDS:g}s"}
        async with (
            aiohttp.TCPConnector(ssl=await asyncio.to_thread(self._tls)) as connector,
            aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session,
            session.post(
                f"{self._settings.url.rstrip('/')}/api/v1/query", data=parameters, allow_redirects=False
            ) as got,
        ):
            if got.status != 200:
                raise PrometheusError(f"Prometheus answers with status {got.status}")
            return await bounded.read(got.content, ANSWER_BYTES)

    def _headers(self) -> Mapping[str, str]:
        if self._settings.token_file is None:
            return {}
        return {"Authorization": f"Bearer {Path(self._settings.token_file).read_text('utf-8').strip()}"}

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_bundle)


def _said(error: Exception) -> str:
    """What went wrong, without addresses and paths of the administrator's."""
    if isinstance(error, TimeoutError):
        return f"not within {ANSWER_SECONDS:g} s"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return "its certificate is not trusted"
    return "it cannot be reached" if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__


def _number(body: bytes) -> float:
    """The only one in the answer to an instant query."""
    try:
        document = orjson.loads(body)
        if document["status"] != "success":
            raise PrometheusError("Prometheus did not answer the query")
        return _value(document["data"]["resultType"], document["data"]["result"])
    except (ValueError, TypeError, KeyError, IndexError):
        raise PrometheusError("Prometheus's answer is none to an instant query") from None


def _value(kind: Any, result: Any) -> float:
    if kind == "scalar":
        return float(result[1])
    if kind != "vector":
        raise PrometheusError("the query yields no number but a range")
    if len(result) != 1:
        how_many = "no series" if not result else f"{len(result)} series instead of one"
        raise PrometheusError(f"the query yields {how_many}")
    found = result[0]["value"][1]
    return float(found) if isinstance(found, str) else math.nan
