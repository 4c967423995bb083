"""How a model of ExeML reaches its pods: an init container downloads it with addresses that the operator gives it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.domain.exeml.access import TicketAccess
from aiapp.domain.exeml.holder import IDENTIFIER
from aiapp.domain.exeml.tickets import AUDIENCE, PROOF_FOLDER, TOKEN_FOLDER, TOKEN_NAME, TOKEN_SECONDS
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import Bounds
from aiapp.domain.rendering.pod.container import PACKAGE_PATH, mount
from aiapp.domain.rendering.pod.delivery import RECORDED_FOLDER, PackageDelivery

_TOKEN: Final = "ticket-token"  # noqa: S105 - name of a volume
_PROOF: Final = "proof"
_ALIKE: Final = ("image", "resources", "securityContext")
"""What both init containers have alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDelivery(PackageDelivery):
    """Neither bucket nor keys are in the pod: the serving container sees the files and nothing of how they came."""

    tickets: TicketAccess

    @override
    def init_containers(self, server: Json | None, model: Json, granted: Bounds) -> Iterator[Json]:
        fetching = self.fetching(server, model, granted)
        common = {name: fetching[name] for name in _ALIKE}
        yield {"name": IDENTIFIER, "args": ["identify"], "volumeMounts": [mount(_PROOF, PROOF_FOLDER)], **common}
        yield fetching

    @override
    def arguments(self, lays: Sequence[str]) -> Iterator[str]:
        yield from ("fetch", "--manifest", self.content.manifest, "--pin", self.content.pin)
        yield from ("--recorded", RECORDED_FOLDER, "--target", PACKAGE_PATH)
        yield from ("--tickets", self.tickets.url, "--tickets-authority", self.tickets.authority)
        yield from (*lays, *self.mode())
        if self.tickets.allow_http:
            yield "--allow-http"

    @override
    def access(self) -> Iterator[Json]:
        yield mount(_TOKEN, TOKEN_FOLDER, read_only=True)
        yield mount(_PROOF, PROOF_FOLDER, read_only=True)

    @override
    def volumes(self) -> Iterator[Json]:
        yield from self.package_volumes()
        token = {"audience": AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": TOKEN_NAME}
        yield {"name": _TOKEN, "projected": {"sources": [{"serviceAccountToken": token}]}}
        yield {"name": _PROOF, "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
