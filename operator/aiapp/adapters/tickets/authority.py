"""Keeps the authority of the ticket server in a Secret of the operator's namespace: all its replicas share one."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Final

from aiapp.adapters.tickets.certificates import Authority, AuthorityError, new_authority
from aiapp.domain.kubernetes.resources import SECRETS, Json
from aiapp.ports.kubernetes import Api, ConflictError, NotFoundError

NAME: Final = "aiapp-exeml-authority"
_CERTIFICATE: Final = "tls.crt"
_KEY: Final = "tls.key"


class KeptAuthority:
    """All methods raise `ApiError`."""

    def __init__(self, api: Api, namespace: str, clock: Callable[[], datetime]) -> None:
        self._api, self._namespace, self._clock = api, namespace, clock

    async def authority(self, known: Authority | None) -> Authority:
        """The one of the Secret, which is made where there is none: of `known`, else a new one.

        Raises `AuthorityError` for a Secret that holds something else.
        """
        try:
            return _read(await self._api.get(SECRETS, self._namespace, NAME))
        except NotFoundError:
            made = known or new_authority(self._clock())
        try:
            await self._api.create(self._document(made))
        except ConflictError:
            return _read(await self._api.get(SECRETS, self._namespace, NAME))
        return made

    def _document(self, authority: Authority) -> Json:
        pair = {_CERTIFICATE: authority.certificate, _KEY: authority.key}
        return {
            "apiVersion": SECRETS.api_version,
            "kind": SECRETS.kind,
            "type": "kubernetes.io/tls",
            "metadata": {"name": NAME, "namespace": self._namespace},
            "data": {name: b64encode(text.encode()).decode() for name, text in pair.items()},
        }


def _read(secret: Json) -> Authority:
    data = secret.get("data") or {}
    try:
        return Authority(*(b64decode(data[name]).decode() for name in (_CERTIFICATE, _KEY)))
    except (KeyError, ValueError) as error:
        raise AuthorityError(f"Secret {NAME} holds no certificate with its key: delete it") from error
