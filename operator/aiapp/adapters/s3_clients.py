"""boto3 clients, shared by everything that uses the same endpoint with the same key and authorities.

Never looks for credentials, profiles or endpoints by itself, never follows a redirect.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from aiapp.adapters.s3_pages import read_pages_quickly
from aiapp.adapters.s3_transport import Transport, TransportSettings
from aiapp.domain.credentials import Credentials
from aiapp.domain.endpoints import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.location import Location
from aiapp.domain.proxies import NO_PROXIES, Proxies

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_CLIENTS: Final = 64
"""Of different endpoints and keys; the least recently used one is closed first. A client costs 6 ms and 1 MB."""

_ANONYMOUS: Final = Credentials("anonymous", "anonymous")
"""Never sent: requests are unsigned. It only keeps botocore from asking the cloud's metadata service for a key."""
_NO_FILES: Final = {"config_file": (None, None, "/dev/null", None), "credentials_file": (None, None, "/dev/null", None)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What all clients have in common."""

    connect_seconds: float
    read_seconds: float
    connections: int
    ca_bundle: str | None = None
    policy: EndpointPolicy = DEFAULT_POLICY
    proxies: Proxies = NO_PROXIES


class _Key(NamedTuple):
    endpoint: str | None
    region: str
    path_style: bool
    credentials: Credentials | None
    authorities: str | None
    proxy: str | None


class _Client(NamedTuple):
    client: "S3Client"
    transport: Transport

    def close(self) -> None:
        self.client.close()
        self.transport.close()


class Clients:
    """Bounded; safe to use from several threads."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._session: boto3.session.Session | None = None
        self._clients: OrderedDict[_Key, _Client] = OrderedDict()

    def client(self, location: Location, credentials: Credentials | None) -> "S3Client":
        """The client for this store and key, made when it is first asked for."""
        key = _Key(
            location.endpoint,
            location.region,
            location.path_style,
            credentials,
            location.authorities,
            self._settings.proxies.of(location.endpoint or f"https://{location.hostname}"),
        )
        with self._lock:
            found = self._clients.pop(key, None) or self._made(key)
            self._clients[key] = found
            if len(self._clients) > MAX_CLIENTS:
                self._clients.popitem(last=False)[1].close()
            return found.client

    def close(self) -> None:
        """Closes the idle connections of every client."""
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()

    def _made(self, key: _Key) -> _Client:
        if self._session is None:
            self._session = boto3.session.Session(botocore_session=botocore.session.Session(session_vars=_NO_FILES))
        credentials = key.credentials or _ANONYMOUS
        client = self._session.client(
            "s3",
            region_name=key.region,
            endpoint_url=key.endpoint,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=_config(key),
        )
        transport = _transport(key, self._settings)
        client.meta.events.register_last("before-parameter-build.s3", _stay)
        read_pages_quickly(client.meta.events)
        client.meta.events.register_first("before-send.s3", transport.answer)
        return _Client(client, transport)


def _transport(key: _Key, settings: ClientSettings) -> Transport:
    return Transport(
        TransportSettings(
            policy=settings.policy,
            connect_seconds=settings.connect_seconds,
            read_seconds=settings.read_seconds,
            connections=settings.connections,
            proxy=key.proxy,
            ca_bundle=settings.ca_bundle,
            authorities=key.authorities,
        )
    )


def _config(key: _Key) -> Config:
    return Config(  # type: ignore[call-arg]  # the stubs do not know ignore_configured_endpoint_urls
        signature_version=UNSIGNED if key.credentials is None else "s3v4",
        proxies={},  # else botocore looks for them in the environment
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": "path" if key.path_style else "virtual"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        user_agent_extra="aiapp-operator",
    )


def _stay(context: dict[str, Any], **_: object) -> None:
    """Keeps botocore from looking for the bucket elsewhere: a redirect is answered by whoever runs the endpoint.

    It believes that this request has been redirected once, which it never does twice.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True
