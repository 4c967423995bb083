"""Whether the cluster serves our kinds in a form that this operator can write. Never installs or changes a CRD."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from aiapp.api.crd import REVISION, SCHEMA_REVISION
from aiapp.domain.kubernetes.resources import CRDS, OWN, Json, Resource
from aiapp.ports.kubernetes import Api, ApiError, NotFoundError

logger = logging.getLogger(__name__)

POLL_MISSING_SECONDS: Final = 2.0
POLL_SECONDS: Final = 30.0


def complaint(resource: Resource, crd: Json | None, revision: int = REVISION) -> str | None:
    """What is wrong with a CRD, or None. An older one would drop status fields, which then were written for ever."""
    name = f"{resource.plural}.{resource.group}"
    if crd is None:
        return f"CRD {name} is not installed: kubectl apply -f crds/"
    if not _is_established(crd, resource.version):
        return f"CRD {name} does not serve {resource.version} yet"
    found = (crd["metadata"].get("annotations") or {}).get(SCHEMA_REVISION, "")
    if not found.isdigit() or int(found) < revision:
        return (
            f"CRD {name} is older than this operator (schema revision {found or 'none'}, needed {revision}): "
            "kubectl apply -f crds/"
        )
    return None


def _is_established(crd: Json, version: str) -> bool:
    established = any(
        c["type"] == "Established" and c["status"] == "True"
        for c in (crd.get("status") or {}).get("conditions") or ()  # a CRD has null there in its first milliseconds
    )
    return established and any(v["name"] == version and v["served"] for v in crd["spec"]["versions"])


class SchemaCheck:
    """Looks at our CRDs again and again while `run` runs, and calls `on_change` with whether all is well."""

    def __init__(self, api: Api, on_change: Callable[[bool], None]) -> None:
        self.complaints: tuple[str, ...] = ("the CRDs have not been looked at yet",)
        """One sentence for each CRD that is missing or too old."""
        self.served: frozenset[Resource] = frozenset()
        """Our kinds that the cluster serves, new enough or not."""
        self._api = api
        self._on_change = on_change
        self._asked = asyncio.Event()

    def look(self) -> None:
        """Check soon instead of when it is due: something points at a change."""
        self._asked.set()

    async def run(self) -> None:
        """Checks until cancelled. An API server that does not answer changes nothing."""
        while True:
            self._asked.clear()
            try:
                found = {resource: await self._crd(resource) for resource in OWN}
            except ApiError as error:
                logger.info("looking at the CRDs: %s", error)
            else:
                self._note(found)
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_MISSING_SECONDS if self.complaints else POLL_SECONDS):
                await self._asked.wait()
        except TimeoutError:
            return

    def _note(self, found: Mapping[Resource, Json | None]) -> None:
        self.served = frozenset(r for r, crd in found.items() if crd is not None and _is_established(crd, r.version))
        complaints = tuple(sentence for r, crd in found.items() if (sentence := complaint(r, crd)))
        if complaints == self.complaints:
            return
        self.complaints = complaints
        for sentence in complaints:
            logger.error("%s; nothing is written until then", sentence)
        self._on_change(not complaints)

    async def _crd(self, resource: Resource) -> Json | None:
        try:
            return await self._api.get(CRDS, None, f"{resource.plural}.{resource.group}")
        except NotFoundError:
            return None
