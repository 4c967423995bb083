"""How to reach the API server and as whom: in-cluster service account or kubeconfig, rotated as they rotate.

Built on `kubernetes.config`, which knows every form a kubeconfig has (exec plugins, client certificates, tokens).
Never talks to the API server.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.request import getproxies

import aiohttp
from kubernetes import config
from kubernetes.client import Configuration

from aiapp.domain.objectstore.proxies import Proxies

logger = logging.getLogger(__name__)

FRESH_SECONDS: Final = 30.0
"""How long an Authorization header is used before its source is asked again; tokens rotate with minutes to spare."""
RELOAD_PAUSE_SECONDS: Final = 1.0
"""Shortest time between two full reads after 401 answers: a lasting 401 must not run an exec plugin in a loop."""
SERVICE_ACCOUNT_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

_load_service_account: Any = config.load_incluster_config
_load_kubeconfig: Any = config.load_kube_config
_list_contexts: Any = config.list_kube_config_contexts

Load = Callable[[], Any]
"""Reads the sources again and gives a `kubernetes.client.Configuration`. May block and run programs."""


class NoClusterError(Exception):
    """There is neither a service account nor a usable kubeconfig; the message lists what was tried."""


def load(kubeconfig: str | None = None, context: str | None = None) -> Any:
    """The service account of this pod, else the kubeconfig. Raises `NoClusterError`."""
    connection = Configuration()
    try:
        if kubeconfig is None and context is None:
            try:
                _load_service_account(client_configuration=connection)
                connection.proxy = None  # the API server's Service is in this very cluster, no proxy is in between
            except config.ConfigException:
                _load_kubeconfig(client_configuration=connection, persist_config=False)
        else:
            _load_kubeconfig(kubeconfig, context, client_configuration=connection, persist_config=False)
    except (config.ConfigException, OSError) as error:
        raise NoClusterError(f"no cluster to work with: {error}; set KUBECONFIG or run in a cluster") from error
    return connection


def namespace(kubeconfig: str | None = None, context: str | None = None) -> str:
    """The namespace that goes with what `load` finds: the pod's own, else the context's, else `default`."""
    if kubeconfig is None and context is None and SERVICE_ACCOUNT_NAMESPACE.exists():
        return SERVICE_ACCOUNT_NAMESPACE.read_text("utf-8").strip()
    found, current = _list_contexts(kubeconfig)
    chosen = next((c for c in found if c["name"] == context), current)
    return str(chosen["context"].get("namespace") or "default")


def contexts(kubeconfig: str | None = None) -> list[str]:
    """Names of the contexts of a kubeconfig. Raises `kubernetes.config.ConfigException`."""
    found, _ = _list_contexts(kubeconfig)
    return [str(one["name"]) for one in found]


class Authorize(Protocol):
    """Gives the Authorization header of the moment."""

    async def authorization(self) -> str | None: ...


@dataclass(slots=True)
class _Header:
    value: str | None
    read_at: float


class KubeCredentials:
    """Server address, TLS and the Authorization header of the moment. `clock` gives monotonic seconds."""

    def __init__(self, read: Load, clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._configuration = read()
        self._header = _Header(_authorization(self._configuration), clock())
        self._reloaded_at = clock()
        self._lock = asyncio.Lock()
        self.server: str = str(self._configuration.host).rstrip("/")
        self.proxy: str | None = _proxy(self._configuration)
        self.tls: ssl.SSLContext = _tls(self._configuration)
        self.tls_server_name: str | None = getattr(self._configuration, "tls_server_name", None) or None

    async def authorization(self) -> str | None:
        """The header's value; None when the client certificate speaks for us."""
        if self._configuration.refresh_api_key_hook is None or self._fresh():
            return self._header.value
        async with self._lock:
            if not self._fresh():
                await asyncio.to_thread(self._configuration.refresh_api_key_hook, self._configuration)
                self._header = _Header(_authorization(self._configuration), self._clock())
        return self._header.value

    async def reload(self, refused: str | None) -> bool:
        """After a 401 for the header `refused`: reads everything again. Whether another attempt makes sense."""
        async with self._lock:
            if self._header.value != refused:
                return True
            if self._clock() - self._reloaded_at < RELOAD_PAUSE_SECONDS:
                await asyncio.sleep(RELOAD_PAUSE_SECONDS)
            self._reloaded_at = self._clock()
            try:
                self._configuration = await asyncio.to_thread(self._read)
            except NoClusterError as error:
                logger.warning("credentials cannot be read: %s", error)
                return False
            _trust(self.tls, self._configuration)
            self._header = _Header(_authorization(self._configuration), self._clock())
            return True

    def _fresh(self) -> bool:
        return self._clock() - self._header.read_at < FRESH_SECONDS


def _proxy(configuration: Any) -> str | None:
    """The one that the kubeconfig names, else that of the environment unless NO_PROXY exempts the server."""
    proxy: str | None = configuration.proxy
    if proxy is None or proxy not in getproxies().values():
        return proxy
    return Proxies(proxy, proxy, configuration.no_proxy or "").of(configuration.host)


def session(
    credentials: KubeCredentials,
    connector: aiohttp.BaseConnector,
    *,
    middleware: aiohttp.ClientMiddlewareType | None = None,
    response_class: type[aiohttp.ClientResponse] = aiohttp.ClientResponse,
) -> aiohttp.ClientSession:
    """A session that authenticates every request, and once more with fresh credentials after a 401.

    `middleware` sees each attempt right before it is sent.
    """

    async def authenticate(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.server_hostname = credentials.tls_server_name
        header = await _stamp(request, credentials)
        response = await handler(request)
        if response.status != 401 or not await credentials.reload(header):
            return response
        response.close()
        await _stamp(request, credentials)
        return await handler(request)

    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=False,
        proxy=credentials.proxy,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "aiapp-operator"},
        middlewares=(authenticate,) if middleware is None else (authenticate, middleware),
        response_class=response_class,
        cookie_jar=aiohttp.DummyCookieJar(),  # the API server sets none, and looking for them takes time
    )


def bearer_session(token: str, connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    """A session that speaks for the holder of that token and for nobody else; leaves the connector open."""
    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=False,
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {token}",
            "User-Agent": "aiapp-console",
        },
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _stamp(request: aiohttp.ClientRequest, credentials: Authorize) -> str | None:
    header = await credentials.authorization()
    if header is not None:
        request.headers["Authorization"] = header
    return header


def _authorization(connection: Any) -> str | None:
    """The header as the loaders leave it: under `BearerToken`, in releases before 36 under `authorization`."""
    header: str | None = connection.api_key.get("BearerToken") or connection.api_key.get("authorization")
    return header


def _tls(connection: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=connection.ssl_ca_cert)
    # Cluster authorities made by kubeadm and others lack key identifiers that Python 3.13 asks for by default.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not connection.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.cert_file:
        context.load_cert_chain(connection.cert_file, connection.key_file)
    return context


def _trust(context: ssl.SSLContext, connection: Any) -> None:
    """New connections of `context` use the certificates of `connection`."""
    if connection.ssl_ca_cert:
        context.load_verify_locations(connection.ssl_ca_cert)
    if connection.cert_file:
        context.load_cert_chain(connection.cert_file, connection.key_file)
