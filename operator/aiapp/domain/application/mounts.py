"""Which of our ConfigMaps pods may still need: manifests, the digests beside them, and records of images that run."""

from collections.abc import Iterable, Iterator

from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.rollout import Rollout, Running
from aiapp.domain.kubernetes.naming import image_config_map, pin_behind, pinned_versions
from aiapp.domain.kubernetes.resources import Json


def templates(children: Children, rollouts: Iterable[Rollout]) -> Iterator[Json | None]:
    """All pod templates of an application: of what runs, of what is to run, and of its history.

    None for one of which nothing is kept in memory.
    """
    yield from (deployment["spec"].get("template") for deployment in children.deployments)
    yield from (revision.get("data") for revision in children.revisions)
    yield from (rollout.template for rollout in rollouts if isinstance(rollout, Running))


def unused(config_maps: Iterable[str], in_use: Iterable[Json | None]) -> list[str]:
    """Those that hold a manifest, or its digest, that no template mounts, or record an image that none runs."""
    known = list(in_use)
    if None in known:
        return []
    mounted = {pin_behind(name) for template in known if template for name in _mounted(template)}
    run = {image_config_map(digest) for template in known if template for digest in _images(template)}
    return [name for name in config_maps if (pin := pin_behind(name)) and pin not in mounted | run]


def is_awaited(config_map: Json, observed: ObservedApplication) -> bool:
    """Whether a version that is to be served is pinned to it: the pods that will mount it may not exist yet."""
    serving = observed.application.parsed.spec.serving
    served = {one.version for one in serving.versions} if serving else set()
    pinned = pinned_versions(config_map["metadata"].get("labels") or {})
    return any(record.spec.version in served and record.name in pinned for record in observed.versions)


def _images(template: Json) -> Iterator[str]:
    """The digests of the images that it names by one."""
    for container in template.get("spec", {}).get("containers") or ():
        _, _, digest = container.get("image", "").partition("@")
        if digest:
            yield digest


def _mounted(template: Json) -> Iterator[str]:
    """Every ConfigMap that is a volume, or a part of one."""
    for volume in template.get("spec", {}).get("volumes") or ():
        for source in (volume, *(volume.get("projected", {}).get("sources") or ())):
            if name := source.get("configMap", {}).get("name"):
                yield name
