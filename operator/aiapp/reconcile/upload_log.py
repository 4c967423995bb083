"""Keeps the uploads that a process could not finish, in a ConfigMap of the operator's own namespace.

Without it a copy goes on with the first blob that is missing, and with it in the midst of one: what cannot be read or
written costs time and nothing else.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiapp.domain.kubernetes.resources import CONFIG_MAPS
from aiapp.ports.kubernetes import Api, ApiError, NotFoundError
from aiapp.ports.registry import Resumable

logger = logging.getLogger(__name__)

NAME: Final = "aiapp-copies"
KEY: Final = "uploads.json"


class UploadLog:
    """Between a copier and the API server; `namespace` is the operator's own."""

    def __init__(self, api: Api, namespace: str, copier: Resumable) -> None:
        self._api = api
        self._namespace = namespace
        self._copier = copier
        self._kept: Mapping[str, str] = {}

    async def run(self, copies: Callable[[], Awaitable[None]]) -> None:
        """Runs the copies with what another process could not finish, and keeps what they could not."""
        await self._recall()
        try:
            await copies()
        finally:
            await self._keep()

    async def _recall(self) -> None:
        try:
            found = await self._api.get(CONFIG_MAPS, self._namespace, NAME)
        except NotFoundError:
            return
        except ApiError as error:
            logger.warning("unfinished copies of images are not known: %s", error)
            return
        self._kept = _uploads((found.get("data") or {}).get(KEY, ""))
        self._copier.remember(self._kept)

    async def _keep(self) -> None:
        uploads = dict(self._copier.unfinished())
        if uploads == self._kept:
            return
        metadata, data = {"name": NAME, "namespace": self._namespace}, {KEY: json.dumps(uploads)}
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        try:
            await self._api.apply(document, force=True)
        except ApiError as error:
            logger.warning("unfinished copies of images are not kept: %s", error)
        self._kept = uploads


def _uploads(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
