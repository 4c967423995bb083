"""How a model of ExeML reaches its pods: an init container downloads it with addresses that the operator gives it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.domain.exeml.access import TicketAccess
from aiapp.domain.exeml.holder import IDENTIFIER
from aiapp.domain.exeml.tickets import AUDIENCE, PROOF_FOLDER, TOKEN_FOLDER, TOKEN_NAME, TOKEN_SECONDS
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import Bounds, init_resources
from aiapp.domain.rendering.pod.container import PACKAGE_PATH, RESTRICTED, literal, mount
from aiapp.domain.rendering.pod.delivery import (
    MANIFEST_FILE,
    MANIFEST_FOLDER,
    OTHER_PACKAGE_PATH,
    RECORDED_FOLDER,
    SERVER_FILE,
    Delivery,
    Fetcher,
    environment,
    manifest_source,
)

_TOKEN: Final = "ticket-token"  # noqa: S105 - name of a volume
_PROOF: Final = "proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDelivery(Delivery):
    """Neither bucket nor keys are in the pod: the serving container sees the files and nothing of how they came."""

    pin: str
    content_bytes: int
    manifest_config_maps: tuple[str, ...]
    digest_config_map: str
    fetcher: Fetcher
    tickets: TicketAccess
    file_mode: str | None = None
    """Of the files, where the engine demands another than the usual."""

    @property
    @override
    def bytes(self) -> int:
        return self.content_bytes

    @override
    def init_containers(self, server: Json | None, model: Json, granted: Bounds) -> Iterator[Json]:
        common = {
            "image": self.fetcher.image,
            "resources": init_resources(self.fetcher.resources, model, granted),
            "securityContext": RESTRICTED,
        }
        yield {"name": IDENTIFIER, "args": ["identify"], "volumeMounts": [mount(_PROOF, PROOF_FOLDER)], **common}
        yield {
            "name": FETCHER,
            "args": list(map(literal, (*self._arguments(server), *self.fetcher.arguments))),
            **environment(self.fetcher.env),
            "volumeMounts": [
                mount("package", PACKAGE_PATH),
                *([server] if server else []),
                mount("manifest", MANIFEST_FOLDER, read_only=True),
                mount("recorded", RECORDED_FOLDER, read_only=True),
                mount(_TOKEN, TOKEN_FOLDER, read_only=True),
                mount(_PROOF, PROOF_FOLDER, read_only=True),
            ],
            **common,
        }

    def _arguments(self, server: Json | None) -> Iterator[str]:
        yield from ("fetch", "--manifest", MANIFEST_FILE if len(self.manifest_config_maps) == 1 else MANIFEST_FOLDER)
        yield from ("--pin", self.pin, "--recorded", RECORDED_FOLDER, "--target", PACKAGE_PATH)
        yield from ("--tickets", self.tickets.url, "--tickets-authority", self.tickets.authority)
        if server:
            yield from ("--server", f"{server['mountPath']}/{SERVER_FILE}")
        if self.file_mode is not None:
            yield from ("--file-mode", self.file_mode)
        if self.tickets.allow_http:
            yield "--allow-http"

    @override
    def mounts(self) -> Iterator[Json]:
        yield mount("package", PACKAGE_PATH)
        yield mount("package", OTHER_PACKAGE_PATH)

    @override
    def volumes(self) -> Iterator[Json]:
        yield {"name": "package", "emptyDir": {}}
        yield {"name": "manifest"} | manifest_source(self.manifest_config_maps)
        yield {"name": "recorded", "configMap": {"name": self.digest_config_map, "optional": True}}
        token = {"audience": AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": TOKEN_NAME}
        yield {"name": _TOKEN, "projected": {"sources": [{"serviceAccountToken": token}]}}
        yield {"name": _PROOF, "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
