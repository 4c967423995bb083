"""The ticket server as a part of the operator: begun where there are stores of ExeML, in nobody's way."""

import asyncio
import logging
import ssl
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiapp.adapters.tickets.authority import KeptAuthority
from aiapp.adapters.tickets.certificates import Authority, AuthorityError, renew, server_context
from aiapp.adapters.tickets.server import TicketServer
from aiapp.domain.exeml.access import TicketAccess
from aiapp.ports.kubernetes import ApiError
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.tickets.protection import Protection
from aiapp.reconcile.tickets.service import TicketPorts, TicketService
from aiapp.settings import Settings
from aiapp.wiring.parts import Parts, utc_now
from aiapp.wiring.reconcilers import model_records

logger = logging.getLogger(__name__)

SECONDS: Final = 3600.0
"""How often the authority is looked at, and the server gets another certificate."""
RETRY_SECONDS: Final = 5.0
SERVICE: Final = "aiapp-operator-tickets"
PORT: Final = 9443


class Tickets:
    """Runs the server; `parts.tickets` says where pods ask once it listens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._url = ticket_url(parts.settings)
        self._kept = KeptAuthority(parts.kube, parts.settings.namespace, utc_now)
        self._server = TicketServer(_service(parts).ticket, time.monotonic, parts.metrics.ticket_asked)

    async def run(self) -> None:
        """Until it is cancelled."""
        known: Authority | None = None
        tls: ssl.SSLContext | None = None
        while True:
            try:
                known = await self._kept.authority(known)
                tls = await self._serving(known, tls)
            except (ApiError, AuthorityError, OSError) as error:
                logger.warning("the ticket server of ExeML models waits: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._parts.tickets.access = TicketAccess(self._url, known.certificate, self._parts.settings.allow_http)
            await asyncio.sleep(SECONDS)

    async def stop(self) -> None:
        """Ends the server."""
        await self._server.stop()

    async def _serving(self, authority: Authority, tls: ssl.SSLContext | None) -> ssl.SSLContext:
        host = urlsplit(self._url).hostname or ""
        if tls is not None:
            renew(tls, authority, host, utc_now())
            return tls
        made = server_context(authority, host, utc_now())
        address, _, port = self._parts.settings.exeml_address.rpartition(":")
        bound = await self._server.start(address.strip("[]"), int(port), made)
        logger.info("tickets for ExeML models at https://%s:%d", *bound)
        return made


def ticket_url(settings: Settings) -> str:
    """Where pods ask for tickets."""
    return settings.exeml_url or f"https://{SERVICE}.{settings.namespace}.svc:{PORT}"


def _service(parts: Parts) -> TicketService:
    bundle = parts.settings.store_ca_bundle
    return TicketService(
        TicketPorts(
            api=parts.kube,
            cluster=parts.cluster,
            records=model_records(parts),
            manifests=Manifests(parts.shared),
            protected=Protection(parts.kube, time.monotonic),
            authorities=Path(bundle).read_text() if bundle else None,
            seconds=parts.settings.exeml_ticket_seconds,
            clock=utc_now,
        )
    )
