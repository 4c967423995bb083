"""Gives pods tickets: short-lived addresses of the files of a model of ExeML. Believes nobody, reads everything live.

The pod has to be the one that the operator made, to the last field; a token, labels and owners can be had by anyone
who may write in the namespace.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pydantic import ValidationError

from aiapp.controller.apply import is_owned
from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.conditions import Trouble
from aiapp.domain.exeml.holder import (
    IDENTIFIER,
    Holder,
    controller,
    holder,
    require_proof,
    require_same,
    require_uid,
    served,
    token_review,
)
from aiapp.domain.exeml.likeness import unlike
from aiapp.domain.exeml.tickets import FILES, Ticket, TicketRefusedError, TicketRequest
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
    TOKEN_REVIEWS,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.domain.recent import Recent
from aiapp.domain.records import VersionRecord
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Api, NotFoundError
from aiapp.reconcile.exeml.records import Model, ModelRecords
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.offload import offload
from aiapp.reconcile.sources.access import AccessError, Namespace, StoreAccess, access
from aiapp.s3.addressing import Address, AddressError, address
from aiapp.s3.presigning import Presigner

logger = logging.getLogger(__name__)

MANIFESTS: Final = 4
"""That are kept unpacked between the pages of a fetch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPorts:
    """What tickets are made with."""

    api: Api
    """The API server itself: nothing here is taken from the cache."""
    cluster: Namespace
    records: ModelRecords
    manifests: Manifests
    protected: Callable[[], Awaitable[str | None]]
    """Says what is missing of the policies without which pods could be changed after they got their ticket."""
    authorities: str | None
    """Certificates (PEM) of the stores' authorities, beside the public ones."""
    seconds: int
    """How long a ticket is good."""
    clock: Clock


class TicketService:
    """`await service.ticket(token, request)`; raises `TicketRefusedError`, and `ApiError` where nothing can be read."""

    def __init__(self, ports: TicketPorts) -> None:
        self._ports = ports
        self._manifests: Recent[tuple[str, str], Manifest] = Recent(MANIFESTS)

    async def ticket(self, token: str, request: TicketRequest) -> Ticket:
        """Addresses of the files from `request.first` on, for the pod that the token is bound to."""
        asker = holder(await self._ports.api.review(token_review(token), TOKEN_REVIEWS))
        try:
            return await self._ticket(asker, request)
        except TicketRefusedError as error:
            logger.warning("no ticket for pod %s/%s (%s): %s", asker.namespace, asker.pod, error.why, error.message)
            raise

    async def _ticket(self, asker: Holder, request: TicketRequest) -> Ticket:
        pod = require_same(await self._pod(asker), asker)
        require_proof(pod, request.proof)
        version = await self._version(pod)
        await self._require_protection()
        model = await self._ports.records.model(version)
        if isinstance(model, Trouble):
            raise TicketRefusedError("record", model.message)
        manifest = await self._manifest(version, request.pin)
        entries = await offload(lambda: list(islice(manifest.entries, request.first, request.first + FILES)))
        return await self._signed(model, entries, request.first)

    async def _pod(self, asker: Holder) -> Json | None:
        """By a list, since the operator may not get single pods."""
        fields = f"metadata.name={asker.pod}"
        found = (await self._ports.api.list(PODS, namespace=asker.namespace, fields=fields)).items
        return next((one for one in found if one["metadata"]["name"] == asker.pod), None)

    async def _version(self, pod: Json) -> VersionRecord:
        """The version that the pod serves, if the operator made it for that."""
        namespace = pod["metadata"]["namespace"]
        replica_set = await self._owner(pod, REPLICA_SETS)
        deployment = await self._owner(replica_set, DEPLOYMENTS)
        application = await self._owner(deployment, APPLICATIONS)
        number = served(application, deployment)
        _require_like(pod, await self._templates(application, number))
        name = f"{application['metadata']['name']}-{number}"
        found = await self._get(VERSIONS, namespace, name)
        try:
            return VersionRecord.parse(found or {})
        except (ValidationError, KeyError):
            raise TicketRefusedError("version", f"there is no version {name} that could be served") from None

    async def _owner(self, obj: Json, resource: Resource) -> Json:
        name, uid = controller(obj, resource.api_version, resource.kind)
        found = await self._get(resource, obj["metadata"]["namespace"], name)
        return require_uid(found, resource.kind, name, uid)

    async def _templates(self, application: Json, number: str) -> Sequence[Json]:
        """What the operator rendered for that version, the newest first. Nobody but the operator writes these."""
        metadata = application["metadata"]
        selector = f"{APPLICATION_LABEL}={metadata['name']},{VERSION_LABEL}={number}"
        found = (
            await self._ports.api.list(CONTROLLER_REVISIONS, namespace=metadata["namespace"], selector=selector)
        ).items
        owned = [one for one in found if is_owned(one, metadata["uid"])]
        return [one["data"] for one in sorted(owned, key=lambda one: -int(one["revision"]))]

    async def _get(self, resource: Resource, namespace: str, name: str) -> Json | None:
        try:
            return await self._ports.api.get(resource, namespace, name)
        except NotFoundError:
            return None

    async def _require_protection(self) -> None:
        missing = await self._ports.protected()
        if missing is not None:
            raise TicketRefusedError("policy", f"{missing}: an administrator has to install it again", soon=True)

    async def _manifest(self, version: VersionRecord, pin: str) -> Manifest:
        artifact = version.package
        if artifact is None or artifact.pin != pin:
            raise TicketRefusedError("pin", f"version {version.name} is not pinned to what was asked for")
        key = (version.namespace, pin)
        manifest = self._manifests.get(key)
        if manifest is None:
            try:
                manifest = await self._ports.manifests.read(version.namespace, artifact)
            except ManifestError as error:
                raise TicketRefusedError("manifest", str(error)) from error
            self._manifests.put(key, manifest)
        return manifest

    async def _signed(self, model: Model, entries: Sequence[Entry], first: int) -> Ticket:
        source = model.store.source(model.record.folder)
        try:
            place = await access(source, self._ports.records.namespace, self._ports.cluster)
            store = address(place.where)
        except (AccessError, AddressError) as error:
            logger.warning("store %s of ExeML: %s", model.record.store, error)
            message = "the store of ExeML is not to be had: for an administrator, see the log of the operator"
            raise TicketRefusedError("store", message, soon=True) from error
        return Ticket(
            origin=store.origin,
            seconds=self._ports.seconds,
            first=first,
            targets=tuple(self._targets(store, place, entries)),
            authorities=self._ports.authorities,
        )

    def _targets(self, store: Address, place: StoreAccess, entries: Sequence[Entry]) -> Iterator[str]:
        now, seconds, prefix = self._ports.clock(), self._ports.seconds, place.where.prefix
        keys = place.credentials
        signer = Presigner(store, place.where.region, keys) if keys is not None else None
        for entry in entries:
            key = entry.key_below(prefix)
            query = {} if entry.version_id is None else {"versionId": entry.version_id}
            if entry.content is not None:
                yield ""
            elif signer is None:
                yield store.target(key, query)
            else:
                yield signer.target(key, entry.version_id, now, seconds)


def _require_like(pod: Json, templates: Sequence[Json]) -> None:
    """Raises `TicketRefusedError` unless the pod is what the operator made of one of the templates."""
    name = pod["metadata"]["name"]
    asking = [one for one in templates if (one["spec"].get("initContainers") or [{}])[0].get("name") == IDENTIFIER]
    if not asking:
        raise TicketRefusedError("pod", f"pod {name} is not of a version that gets tickets")
    differences = [unlike(pod, one) for one in asking]
    if None not in differences:
        message = f"pod {name} is not as the operator made it: {differences[0]} differs"
        raise TicketRefusedError("pod", message)
