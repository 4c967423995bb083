"""One served version: the template it runs with, or what holds it back before any pod exists."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiapp.api.artifact import Artifact, ImageArtifact, PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.source import SourceVariant
from aiapp.domain.application.candidate import Candidate, Images, RenderContext
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.application.serving_compatibility import serving_compatibility, serving_requirements, trusting
from aiapp.domain.application.workload import RuntimeImage, Server, subject, workload
from aiapp.domain.conditions import Trouble
from aiapp.domain.exeml.access import forbidden
from aiapp.domain.kubernetes.limit_ranges import EPHEMERAL_STORAGE
from aiapp.domain.kubernetes.naming import KEY_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.placement import placement
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.limits import storage_limit
from aiapp.domain.rendering.pod.template import pod_template
from aiapp.domain.rendering.rollout_key import rollout_key
from aiapp.domain.runtimes.server.acceptance import incomplete, too_long
from aiapp.domain.sizes import human_size
from aiapp.domain.sources.variants import UNKNOWN_SOURCE

NAMED_VERSIONS: Final = 5
"""Versions that a message lists, the newest."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such version, or it is not Normal: no pods can be made of it."""

    served: ServedVersion
    why: Trouble


@dataclass(frozen=True, slots=True)
class _OfCandidate:
    candidate: Candidate

    @property
    def served(self) -> ServedVersion:
        """Its entry in the application's `serving.versions`."""
        return self.candidate.served


@dataclass(frozen=True, slots=True)
class Held(_OfCandidate):
    """A version of which no pods are made."""

    why: Trouble


@dataclass(frozen=True, slots=True)
class Stored(_OfCandidate):
    """A version that goes on with the template of an earlier pass, which is kept in a ControllerRevision."""

    template: Json


@dataclass(frozen=True, slots=True)
class Rendered(_OfCandidate):
    """A version that gets a new template."""

    template: Json
    overruled: str | None
    """The verdict that `serving.compatibility: Warn` overruled."""


Running = Stored | Rendered
Rollout = Absent | Held | Running
"""What is to become of one served version."""


def rollout(
    served: ServedVersion,
    serving: Serving,
    record: VersionRecord,
    revisions: Sequence[Json],
    context: RenderContext,
) -> Rollout:
    """The stored template where these spec fields have one; else a new one, if the version may run somewhere."""
    pinned = _pinned(record)
    if isinstance(pinned, Trouble):
        return Absent(served, pinned)
    artifact, source = pinned
    key = _key(served, serving, record, context)
    runtime = context.runtimes.get(record.status.runtime.name if record.status.runtime else "")
    own = [r for r in revisions if r["metadata"]["labels"].get(VERSION_LABEL) == served.version]
    stored = next((r for r in own if r["metadata"]["labels"].get(KEY_LABEL) == key), None)
    last = stored or max(own, key=lambda r: int(r["revision"]), default=None)
    needs = serving_requirements(served, serving, record, runtime, context.tables)
    running = _image(stored) if stored is not None else None
    compatibility = serving_compatibility(needs, context.inventory, context.tables, running)
    candidate = Candidate(
        served, record, artifact, source, key, compatibility, _images(last, compatibility.needed.image)
    )
    return Stored(candidate, stored["data"]) if stored is not None else _new(candidate, serving, context)


def _key(served: ServedVersion, serving: Serving, record: VersionRecord, context: RenderContext) -> str:
    """Of a model of ExeML also by what its pods trust: with another authority they would get no ticket any more."""
    key = rollout_key(served, serving, record.spec, record.status)
    if record.spec.source.exe_ml is None or context.tickets is None:
        return key
    return hashlib.sha256(f"{key} {context.tickets.fingerprint}".encode()).hexdigest()[: len(key)]


def unreadable(served: ServedVersion, name: str) -> Absent:
    """The rollout of a version whose object this operator cannot read: nothing is made of it, and what runs goes on."""
    message = f"AIApplicationVersion {name} breaks a rule of this operator: see its conditions"
    return Absent(served, Trouble(Reason.VERSION_NOT_READY, message))


def missing(served: ServedVersion, name: str, versions: Sequence[VersionOutline]) -> Absent:
    """The rollout of a version that does not exist. `name` is the one it would have, `versions` are those that do."""
    newest = sorted((outline.number for outline in versions), reverse=True)[:NAMED_VERSIONS]
    more = ", ..." if len(versions) > NAMED_VERSIONS else ""
    found = ", ".join(map(str, newest))
    there = f"there are {found}{more}" if found else "the application has no versions"
    return Absent(served, Trouble(Reason.VERSION_NOT_FOUND, f"AIApplicationVersion {name} does not exist; {there}"))


def _pinned(record: VersionRecord) -> tuple[Artifact, SourceVariant] | Trouble:
    """What the pods get and where it is from; or why there can be none."""
    artifact, source = record.status.artifact, record.spec.source.variant
    match artifact if record.is_true(ConditionType.READY) else None:
        case None:
            return _not_normal(record)
        case pinned if source is not None:
            return pinned, source
        case _:
            return Trouble(Reason.VERSION_NOT_READY, f"version {record.name}: {UNKNOWN_SOURCE}")


def _not_normal(record: VersionRecord) -> Trouble:
    ready = record.condition(ConditionType.READY)
    why = f": {ready.reason}: {ready.message}" if ready is not None else ""
    return Trouble(Reason.VERSION_NOT_READY, f"version {record.name} is not Normal yet{why}")


def _images(last: Json | None, now: str | None) -> Images | None:
    if last is None or now is None:
        return None
    before = _image(last)
    return Images(before, now) if before != now else None


def _image(revision: Json) -> str:
    return str(revision["data"]["spec"]["containers"][0]["image"])


def _new(candidate: Candidate, serving: Serving, context: RenderContext) -> Held | Rendered:
    judged, name = candidate.compatibility.verdict, candidate.record.name
    server = _untrusted(candidate, serving, context) or _server(candidate, context)
    if isinstance(server, Trouble):
        return Held(candidate, server)
    if (crowded := _without_room(candidate, context)) is not None:
        return Held(candidate, crowded)
    waits = judged.verdict == "Incompatible"
    if waits and serving.compatibility == "Enforce":
        return Held(candidate, Trouble(Reason.WAITING_FOR_NODES, f"version {name}: {judged.message}"))
    judged_by = trusting(candidate.compatibility) if waits else candidate.compatibility
    placed = placement(judged_by.needed, judged_by.kinds, context.tables)
    template = pod_template(workload(candidate, serving, server, placed, context))
    return Rendered(candidate, template, judged.message if waits else None)


def _untrusted(candidate: Candidate, serving: Serving, context: RenderContext) -> Trouble | None:
    """Why no pods are made for a model of ExeML: something of a user's would run beside it, or none would get it."""
    if not candidate.is_exeml:
        return None
    name = candidate.record.name
    if (field := forbidden(candidate.served, serving)) is not None:
        message = f"it is a model of ExeML, beside which no code of a user runs: take out {field}"
        return Trouble(Reason.EXEML_RESTRICTED, f"version {name}: {message}")
    if context.tickets is None:
        message = "the operator's ticket server is not ready, from which its pods get it"
        return Trouble(Reason.EXEML_UNAVAILABLE, f"version {name}: {message}")
    return None


def _without_room(candidate: Candidate, context: RenderContext) -> Trouble | None:
    """Pods that could only be evicted while they fetch."""
    asked, held = candidate.resources, _fetched_bytes(candidate.artifact)
    limit = storage_limit((asked.limits if asked else None) or {}, context.granted)
    if limit is None or held <= limit:
        return None
    is_set = asked is not None and EPHEMERAL_STORAGE in (asked.limits or {})
    place = f"resources.limits.{EPHEMERAL_STORAGE}" if is_set else "a LimitRange of the namespace"
    size, allowed = human_size(held), human_size(int(limit))
    message = f"its package has {size}, {place} allows {allowed} of ephemeral storage: raise it"
    return Trouble(Reason.STORAGE_TOO_SMALL, f"version {candidate.record.name}: {message}")


def _fetched_bytes(artifact: Artifact) -> int:
    """Layers of images take room of the node, and not of the pod."""
    match artifact:
        case PackageArtifact():
            return artifact.bytes
        case ImageArtifact():
            return 0


def _server(candidate: Candidate, context: RenderContext) -> Server | Trouble:
    """What is to serve the version."""
    status = candidate.record.status
    if status.image is not None:
        return status.image
    wanted, image = status.runtime.name if status.runtime else "", candidate.compatibility.needed.image
    runtime = context.runtimes.get(wanted)
    if runtime is None or image is None:
        return _no_image(wanted, known=runtime is not None)
    return _unacceptable(candidate, runtime) or RuntimeImage(runtime, image)


def _unacceptable(candidate: Candidate, runtime: RuntimeSpec) -> Trouble | None:
    if (own := runtime.server) is None:
        return None
    asked = subject(candidate, own)
    return incomplete(runtime.name, own, asked) or too_long(runtime.name, own, asked)


def _no_image(name: str, *, known: bool) -> Trouble:
    if known:
        return Trouble(
            Reason.IMAGE_NOT_CONFIGURED, f"runtime {name} has no image: set spec.image of its InferenceRuntime"
        )
    return Trouble(Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")
