"""The next version of an application, from one that there is: another source, or the same content once more. Pure."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.images.reference import registry_of
from aiapp.domain.kubernetes.keepers import manifest
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.sources.raw import IMAGE, OBS, TEMPLATE, TRAINING_JOB, by_digest, is_exeml, is_image, named, reach

FIRST: Final = "0.0.1"
"""The number of an application's first version."""
_LARGEST: Final = 99
_REGISTRY: Final = ("plainHttp", "caBundleRef")
"""Fields that say how a registry is reached."""
_STORE: Final = {
    "endpoint": "endpoint",
    "region": "region",
    "addressing": "addressing",
    "credentialsSecretRef": "credentials",
}
"""Fields that say how a store is reached, and what gives them."""


class CannotSucceedError(ValueError):
    """There can be no such version; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the next version has otherwise; None: as it was."""

    uri: str | None = None
    """Folder of the package; of a training job where it writes."""
    digest: str | None = None
    """Of the content that is expected there."""
    endpoint: str | None = None
    region: str | None = None
    addressing: str | None = None
    credentials: str | None = None
    """Name of the Secret with the keys of the store."""
    image: str | None = None
    plain_http: bool = False
    """Whether the image's registry is one without TLS."""
    job: str | None = None
    job_kind: str | None = None
    runtime: str | None = None
    dependencies: tuple[str, ...] = ()
    """Requirements instead of those for the same libraries, or beside the others; `NAME-`: without that library."""

    @property
    def moves(self) -> bool:
        """Whether another source is named."""
        return (self.uri, self.image, self.job) != (None, None, None)


def latest(numbers: Iterable[str]) -> str | None:
    """The highest version number; None of none."""
    return max(numbers, key=Version, default=None)


def following(number: str | None) -> str:
    """The number after that; the first one after none. Raises `CannotSucceedError` after 99.99.99."""
    if number is None:
        return FIRST
    major, minor, patch = (int(part) for part in number.split("."))
    whole = (major * 100 + minor) * 100 + patch + 1
    if whole // 10_000 > _LARGEST:
        raise CannotSucceedError(f"there is no number after {number}: name one with --version")
    return f"{whole // 10_000}.{whole // 100 % 100}.{whole % 100}"


def successor(base: Json, application: str, number: str, changes: Changes) -> Json:
    """The manifest of an application's version with that number after `base`, which may be of another one.

    Without another source it is the same content: held to its digest, as far as that is known. Raises
    `CannotSucceedError`.
    """
    document = deepcopy(manifest(base))
    spec, status = document["spec"], base.get("status") or {}
    own = {"application": application, "version": number}
    document["metadata"] |= {"name": f"{application}-{number}"}
    document["spec"] = own | spec | own
    document["spec"]["source"] = _source(spec["source"], changes) if changes.moves else _same(spec["source"], status)
    if not changes.moves:
        _reach(document["spec"]["source"], changes)
    asked = (spec.get("container") or {}).get("dependencies")
    declared = (status.get("model") or {}).get("dependencies") or ()
    return _completed(document, changes, declared if asked is None else asked)


def first(application: str, namespace: str, number: str, changes: Changes) -> Json:
    """The manifest of a version that follows none. Raises `CannotSucceedError` where no source is named."""
    if not changes.moves:
        text = f"application {application} has no version to start from: name a source with --uri, --image or --job"
        raise CannotSucceedError(text)
    spec = {"application": application, "version": number, "source": _source({}, changes)}
    metadata = {"name": f"{application}-{number}", "namespace": namespace}
    document = {"apiVersion": GROUP_VERSION, "kind": VERSIONS.kind, "metadata": metadata, "spec": spec}
    return _completed(document, changes, ())


def is_held(document: Json) -> bool:
    """Whether a version's source states what content is expected, so that it can be no other one."""
    source = document["spec"]["source"]
    return "@" in (source.get(IMAGE) or {}).get("reference", "") or any("digest" in one for one in source.values())


def _source(source: Json, changes: Changes) -> Json:
    """The one that is named, reached as the store of the one before."""
    if changes.image is not None:
        return {IMAGE: _image(source.get(IMAGE) or {}, changes.image, plain_http=changes.plain_http)}
    store = reach(source) | _store(changes)
    if changes.job is not None:
        return {TRAINING_JOB: _job(source.get(TRAINING_JOB) or {}, changes) | store}
    if (template := source.get(TEMPLATE)) is not None:
        return {TEMPLATE: _template(template, changes) | store}
    digest = {} if changes.digest is None else {"digest": changes.digest}
    return {OBS: {"uri": changes.uri} | digest | store}


def _image(before: Json, reference: str, *, plain_http: bool) -> Json:
    """How a registry is reached is taken over for that registry alone: another one is asked with TLS unless told."""
    known = {key: before[key] for key in ("replicate", *_REGISTRY) if key in before}
    if registry_of(reference) != registry_of(str(before.get("reference", ""))):
        known = {key: one for key, one in known.items() if key not in _REGISTRY}
    return known | {"reference": reference} | ({"plainHttp": True} if plain_http else {})


def _job(before: Json, changes: Changes) -> Json:
    kept: Json = {key: before[key] for key in ("apiVersion", "kind", "template", "recordedEnv") if key in before}
    if changes.job_kind not in {None, kept.get("kind")}:
        kept = {key: one for key, one in kept.items() if key != "apiVersion"} | {"kind": changes.job_kind}
    output = {} if changes.uri is None else {"output": {"uri": changes.uri}}
    return kept | {"name": changes.job} | output


def _template(before: Json, changes: Changes) -> Json:
    if len(before["inputs"]) > 1:
        raise CannotSucceedError("a template makes it of several folders: change their uri in a manifest (-o yaml)")
    kept = {key: one for key, one in before.items() if key != "digest"}
    return kept | {"inputs": [before["inputs"][0] | {"uri": changes.uri}]}


def _same(source: Json, status: Json) -> Json:
    """Held to what was pinned. Raises `CannotSucceedError` for a model of ExeML, which its project alone registers."""
    if is_exeml(source):
        text = "a model of ExeML is registered by its project alone: name another source with --uri, --image or --job"
        raise CannotSucceedError(text)
    if is_image(source):
        digest = (status.get("image") or {}).get("digest")
        return source if digest is None else named(source, partial(by_digest, digest=digest))
    digest = (status.get("artifact") or {}).get("digest")
    return {
        kind: one | ({"digest": digest} if digest and kind in {OBS, TEMPLATE} else {}) for kind, one in source.items()
    }


def _reach(source: Json, changes: Changes) -> None:
    for one in source.values():
        one.update(_store(changes))


def _store(changes: Changes) -> Json:
    given: dict[str, Any] = {key: getattr(changes, name) for key, name in _STORE.items()}
    found = {key: one for key, one in given.items() if one is not None}
    return found | ({"credentialsSecretRef": {"name": changes.credentials}} if changes.credentials else {})


def _completed(document: Json, changes: Changes, dependencies: Iterable[str]) -> Json:
    """An image brings what it needs."""
    spec = document["spec"]
    if IMAGE in spec["source"]:
        spec.pop("runtime", None)
    if changes.runtime is not None:
        spec["runtime"] = changes.runtime
    if changes.dependencies:
        spec["container"] = (spec.get("container") or {}) | {"dependencies": _edited(dependencies, changes)}
    return document


def _edited(now: Iterable[str], changes: Changes) -> list[str]:
    """In their order; a requirement for a library takes the place of the one that there was."""
    found = {_library(one): one for one in now}
    for change in changes.dependencies:
        if not change.endswith("-"):
            found[_library(change)] = change
        elif found.pop(_library(change[:-1]), None) is None:
            raise CannotSucceedError(f"there is no dependency {change[:-1]}; there is {', '.join(found) or 'none'}")
    return list(found.values())


def _library(requirement: str) -> str:
    """The name that pip goes by; a file of the package stands for itself."""
    try:
        return str(canonicalize_name(Requirement(requirement).name))
    except InvalidRequirement:
        return requirement
