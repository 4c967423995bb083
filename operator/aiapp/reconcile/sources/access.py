"""How a source's store is reached, with the keys and authorities that it names in its namespace.

Never keeps what it read: at the next attempt a changed Secret or CA bundle counts.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from aiapp.api.conditions import Reason
from aiapp.api.meta import CaBundleReference
from aiapp.api.source import ObsSource
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.objectstore.allowed_endpoints import ALLOWED_ENDPOINTS, is_allowed
from aiapp.domain.objectstore.ca_bundle import AuthoritiesError, authorities
from aiapp.domain.objectstore.credentials import (
    ACCESS_KEY_NAMES,
    SECRET_KEY_NAMES,
    Credentials,
    CredentialsError,
    credentials,
)
from aiapp.domain.objectstore.location import Location, location
from aiapp.s3.addressing import AddressError, address


class AccessError(Exception):
    """An object that the source names is absent or does not hold what it should; a user has to fix that."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Namespace(Protocol):
    """The part of `ports.Cluster` that is needed; the command line has one as well. Both raise `ApiError`."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        """The object as it is now; None when absent."""
        ...

    async def secret(self, namespace: str, name: str) -> Secret | None:
        """A Secret as it is now; None when absent."""
        ...


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """Where the package lies, and the keys for it."""

    where: Location
    credentials: Credentials | None
    """None: anonymous."""


async def access(source: ObsSource, namespace: str, cluster: Namespace) -> StoreAccess:
    """Reads what `source` names. Raises `AccessError`, and `ApiError` when the API server does not answer."""
    keys = await _credentials(source, namespace, cluster)
    trusted = await authorities_of(source.ca_bundle_ref, namespace, cluster)
    return StoreAccess(replace(location(source), authorities=trusted), keys)


async def require_allowed(source: ObsSource, namespace: str, cluster: Namespace) -> None:
    """Raises `AccessError` if the credentials Secret is restricted to other endpoints, and `ApiError`.

    An absent Secret is ignored here: its use is what fails.
    """
    reference = source.credentials_secret_ref
    secret = await cluster.secret(namespace, reference.name) if reference else None
    if reference is not None and secret is not None:
        _require_allowed(secret, reference.name, location(source))


def _require_allowed(secret: Secret, name: str, where: Location) -> None:
    allowed = secret.annotations.get(ALLOWED_ENDPOINTS)
    if allowed is None:
        return
    try:
        asked = address(where)
    except AddressError:
        return  # no request can be sent there, which the store's client reports
    if not is_allowed(allowed, asked.scheme, asked.store, asked.port):
        message = f"Secret {name} is not for {where.host}: its annotation {ALLOWED_ENDPOINTS} names other endpoints"
        raise AccessError(Reason.CREDENTIALS_DENIED, message)


async def _credentials(source: ObsSource, namespace: str, cluster: Namespace) -> Credentials | None:
    reference = source.credentials_secret_ref
    if reference is None:
        return None
    secret = await cluster.secret(namespace, reference.name)
    if secret is None:
        raise _no_keys(f"Secret {reference.name} does not exist in namespace {namespace}")
    _require_allowed(secret, reference.name, location(source))
    try:
        keys = credentials({key: value.decode("utf-8", "replace") for key, value in secret.data.items()})
    except CredentialsError as error:
        raise _no_keys(f"Secret {reference.name}: {error}") from error
    if keys is None:
        raise _no_keys(f"Secret {reference.name} has no {ACCESS_KEY_NAMES[0]} and {SECRET_KEY_NAMES[0]}")
    return keys


def _no_keys(message: str) -> AccessError:
    return AccessError(Reason.SECRET_NOT_FOUND, message)


async def authorities_of(reference: CaBundleReference | None, namespace: str, cluster: Namespace) -> str | None:
    """Certificates (PEM) that it names. Raises `AccessError`, and `ApiError`."""
    if reference is None:
        return None
    named = f"{reference.kind} {reference.name}"
    data = await _data(reference, namespace, cluster)
    if data is None:
        message = f"{named}, which caBundleRef names, does not exist in namespace {namespace}"
        raise AccessError(Reason.CA_BUNDLE_NOT_FOUND, message)
    if reference.key not in data:
        message = f"{named} has no key {reference.key}, which caBundleRef names"
        raise AccessError(Reason.CA_BUNDLE_NOT_FOUND, message)
    try:
        return authorities(data[reference.key])
    except AuthoritiesError as error:
        raise AccessError(Reason.CA_BUNDLE_INVALID, f"{named}, key {reference.key}: it {error}") from error


async def _data(reference: CaBundleReference, namespace: str, cluster: Namespace) -> Mapping[str, bytes] | None:
    if reference.kind == "Secret":
        secret = await cluster.secret(namespace, reference.name)
        return None if secret is None else secret.data
    found = await cluster.get(CONFIG_MAPS, namespace, reference.name)
    if found is None:
        return None
    texts = {key: value.encode() for key, value in (found.get("data") or {}).items()}
    return texts | {key: b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
