"""How a source's store is reached, with the keys and authorities that it names in its namespace.

Never keeps what it read: at the next attempt a changed Secret or CA bundle counts.
"""

from base64 import b64decode
from dataclasses import dataclass, replace
from typing import Protocol

from aiapp.api.conditions import Reason
from aiapp.api.meta import LocalReference
from aiapp.api.source import CaBundleReference, ObsSource
from aiapp.domain.authorities import AuthoritiesError, authorities
from aiapp.domain.credentials import ACCESS_KEY_NAMES, SECRET_KEY_NAMES, Credentials, CredentialsError, credentials
from aiapp.domain.location import Location, location
from aiapp.domain.resources import CONFIG_MAPS, Json, Resource


class AccessError(Exception):
    """An object that the source names is absent or does not hold what it should; a person has to mend that."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Namespace(Protocol):
    """The part of `ports.Cluster` that is needed; a person's command has one as well. Both raise `ApiError`."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        """The object as it is now; None when absent."""
        ...

    async def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """Decoded data of a Secret; None when absent."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """Where the package lies, and the keys for it."""

    where: Location
    credentials: Credentials | None
    """None: anonymous."""


async def access(source: ObsSource, namespace: str, cluster: Namespace) -> Access:
    """Reads what `source` names. Raises `AccessError`, and `ApiError` when the API server does not answer."""
    keys = await _credentials(source.credentials_secret_ref, namespace, cluster)
    trusted = await _authorities(source.ca_bundle_ref, namespace, cluster)
    return Access(replace(location(source), authorities=trusted), keys)


async def _credentials(reference: LocalReference | None, namespace: str, cluster: Namespace) -> Credentials | None:
    if reference is None:
        return None
    data = await cluster.secret(namespace, reference.name)
    if data is None:
        raise _no_keys(f"Secret {reference.name} does not exist in namespace {namespace}")
    try:
        keys = credentials({key: value.decode("utf-8", "replace") for key, value in data.items()})
    except CredentialsError as error:
        raise _no_keys(f"Secret {reference.name}: {error}") from error
    if keys is None:
        raise _no_keys(f"Secret {reference.name} has no {ACCESS_KEY_NAMES[0]} and {SECRET_KEY_NAMES[0]}")
    return keys


def _no_keys(message: str) -> AccessError:
    return AccessError(Reason.SECRET_NOT_FOUND, message)


async def _authorities(reference: CaBundleReference | None, namespace: str, cluster: Namespace) -> str | None:
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


async def _data(reference: CaBundleReference, namespace: str, cluster: Namespace) -> dict[str, bytes] | None:
    if reference.kind == "Secret":
        return await cluster.secret(namespace, reference.name)
    found = await cluster.get(CONFIG_MAPS, namespace, reference.name)
    if found is None:
        return None
    texts = {key: value.encode() for key, value in (found.get("data") or {}).items()}
    return texts | {key: b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
