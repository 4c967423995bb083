"""How the registry of an image is reached, with the logins and authorities that a version names in its namespace.

Never keeps what it read: at the next attempt a changed Secret or CA bundle counts.
"""

from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import Reference
from aiapp.domain.images.wanted import WantedImage
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.objectstore.allowed_endpoints import ALLOWED_ENDPOINTS, is_allowed
from aiapp.endpoints.endpoint import EndpointFormError
from aiapp.oci.access import RegistryAccess
from aiapp.oci.addressing import registry_endpoint
from aiapp.oci.docker_config import DockerConfigError, Keyring, keyring, logins
from aiapp.reconcile.sources.access import AccessError, Namespace, authorities_of


async def registry_access(wanted: WantedImage, namespace: str, cluster: Namespace) -> RegistryAccess:
    """Reads what `wanted` names. Raises `AccessError`, `InvalidReferenceError`, and `ApiError` when the API server does
    not answer.
    """
    reference, keyrings = wanted.reference, []
    for name in wanted.pull_secrets:
        secret = await cluster.secret(namespace, name)
        if secret is None:
            message = f"Secret {name}, which container.imagePullSecrets names, does not exist in namespace {namespace}"
            raise AccessError(Reason.SECRET_NOT_FOUND, message)
        keyrings.append(_permitted(secret, name, reference, plain_http=wanted.plain_http))
    trusted = await authorities_of(wanted.ca_bundle, namespace, cluster)
    return RegistryAccess(logins(keyrings, reference), trusted, wanted.plain_http)


async def require_allowed_registry(wanted: WantedImage, namespace: str, cluster: Namespace) -> None:
    """Raises `AccessError` if a Secret with a login for the registry is restricted to other ones, and `ApiError`.

    An absent Secret is ignored here: its use is what fails.
    """
    for name in wanted.pull_secrets:
        if (secret := await cluster.secret(namespace, name)) is not None:
            _permitted(secret, name, wanted.reference, plain_http=wanted.plain_http)


def _permitted(secret: Secret, name: str, reference: Reference, *, plain_http: bool) -> Keyring:
    """Its logins. A Secret without one for the registry may be meant for anything."""
    try:
        found = keyring(secret.data)
    except DockerConfigError as error:
        raise AccessError(Reason.SECRET_NOT_FOUND, f"Secret {name} {error}") from error
    if found.of(reference):
        _require_allowed(secret, name, reference, plain_http=plain_http)
    return found


def _require_allowed(secret: Secret, name: str, reference: Reference, *, plain_http: bool) -> None:
    allowed = secret.annotations.get(ALLOWED_ENDPOINTS)
    if allowed is None:
        return
    try:
        asked = registry_endpoint(reference.registry, plain_http=plain_http)
    except EndpointFormError:
        return  # no request can be sent there, which the registry's client reports
    if not is_allowed(allowed, asked.scheme, asked.hostname, asked.port):
        message = (
            f"Secret {name} is not for {reference.registry}: its annotation {ALLOWED_ENDPOINTS} names other endpoints"
        )
        raise AccessError(Reason.CREDENTIALS_DENIED, message)


def without_login(wanted: WantedImage, access: RegistryAccess) -> str:
    """What a reader of a refusal should know: that nothing was there to log in with."""
    if access.logins:
        return ""
    if not wanted.pull_secrets:
        return "; no container.imagePullSecrets are named"
    return f"; of container.imagePullSecrets ({', '.join(wanted.pull_secrets)}) none has a login for this image"
