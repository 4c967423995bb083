"""The address ranges of the cluster's Services, where no store may be unless an administrator allows it.

They are read from ServiceCIDRs (Kubernetes 1.33 and later). Where those are not served or may not be read, only the
settings count.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from aiapp.domain.kubernetes.resources import SERVICE_CIDRS, Json
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy, Network
from aiapp.ports.kubernetes import Api, ApiError

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 2.0
PERIOD_SECONDS: Final = 600.0
"""Administrators add ranges rarely."""
SILENT: Final = frozenset({403, 404})
"""The API server's answers after which asking again soon is of no use."""


class ServiceRanges:
    """Completes `policy` while `run` runs; `on_change` hears of every other policy."""

    def __init__(self, api: Api, policy: EndpointPolicy, on_change: Callable[[EndpointPolicy], None]) -> None:
        self.policy = policy
        """What counts now."""
        self.synced = asyncio.Event()
        """Set from the first answer on."""
        self._api = api
        self._on_change = on_change

    async def run(self) -> None:
        """Reads them again and again until cancelled. An API server that does not answer changes nothing."""
        while True:
            try:
                self._note(await self._read())
            except ApiError as error:
                logger.info("looking at the ServiceCIDRs: %s; again in %.0f s", error, RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.synced.set()
            await asyncio.sleep(PERIOD_SECONDS)

    async def _read(self) -> tuple[Network, ...]:
        try:
            return _ranges((await self._api.list(SERVICE_CIDRS)).items)
        except ApiError as error:
            if error.status not in SILENT:
                raise
            if not self.synced.is_set():
                logger.warning(
                    "the ranges of the cluster's Services are not known (%s): "
                    "AIAPP_REFUSED_RANGES keeps stores from being looked for there",
                    error,
                )
            return self.policy.service_ranges

    def _note(self, ranges: tuple[Network, ...]) -> None:
        if ranges == self.policy.service_ranges:
            return
        self.policy = replace(self.policy, service_ranges=ranges)
        logger.info("no store may be among the cluster's Services: %s", ", ".join(map(str, ranges)))
        self._on_change(self.policy)


def _ranges(service_cidrs: Iterable[Json]) -> tuple[Network, ...]:
    """In order, each once."""
    found = {ip_network(cidr) for one in service_cidrs for cidr in one["spec"].get("cidrs") or ()}
    return tuple(sorted(found, key=lambda network: (network.version, network)))
