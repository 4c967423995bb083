"""A package of tens of thousands of objects: its manifest lies in several ConfigMaps, and nothing else is different."""

import base64
from pathlib import Path
from typing import Any

import pytest
from tests.support.kube import Object
from tests.support.listing_server import BigPackage, listing_server
from tests.support.packages import Registry, package
from tests.support.waiting import eventually

from aiapp.api.artifact import ManifestReference
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.fetch.run import pinned

OBJECTS = 30_000
PARTS = 3
"""So many objects with version ids of 64 hex digits take 1.6 MB."""


def config_maps(registry: Registry, artifact: dict[str, Any]) -> list[Object]:
    reference = ManifestReference.model_validate(artifact["manifestRef"])
    found = [registry.find("v1", "ConfigMap", name) for name in config_map_names(reference)]
    return [config_map for config_map in found if config_map is not None]


def mounted(parts: list[Object], folder: Path) -> Path:
    """The parts as the kubelet puts them into one folder."""
    for part in parts:
        for key, text in part["binaryData"].items():
            (folder / key).write_bytes(base64.b64decode(text))
    return folder


@pytest.mark.timeout(600)
def test_thirty_thousand_objects_are_pinned_served_and_compared(registry: Registry, tmp_path: Path) -> None:
    big = BigPackage(OBJECTS, package(), version_id_characters=64)
    with listing_server(big) as endpoint:
        version = registry.version("big", obs={"uri": "obs://models/big/", "endpoint": endpoint})
        registry.until(version, "Ready", "True", timeout=240)
        artifact = registry.now(version)["status"]["artifact"]
        assert (artifact["objects"], artifact["manifestRef"]["parts"]) == (OBJECTS, PARTS)
        parts = config_maps(registry, artifact)
        assert len(parts) == PARTS
        assert all([o["name"] for o in part["metadata"]["ownerReferences"]] == ["big-1.0.0"] for part in parts)
        assert pinned(mounted(parts, tmp_path), artifact["pin"]).objects == OBJECTS
        registry.application("big", replicas=0)
        eventually(lambda: registry.find("apps/v1", "Deployment", "big-1-0-0"))
        owners = [{o["kind"] for o in part["metadata"]["ownerReferences"]} for part in config_maps(registry, artifact)]
        assert owners == [{"AIApplicationVersion", "AIApplication"}] * PARTS
        big.salt = "replaced"
        registry.look_again(version, "1")
        told = registry.until(version, "SourceUnchanged", "False", "SourceLost", timeout=240)
        assert f"and {OBJECTS - 3} more; {OBJECTS} of {OBJECTS} pinned files are gone" in told["message"]


def test_a_part_that_is_lost_is_named_and_nothing_is_made_from_the_rest(registry: Registry) -> None:
    big = BigPackage(OBJECTS, package(), version_id_characters=64)
    with listing_server(big) as endpoint:
        version = registry.version("big", obs={"uri": "obs://models/big/", "endpoint": endpoint})
        registry.until(version, "Ready", "True", timeout=240)
        second = config_maps(registry, registry.now(version)["status"]["artifact"])[1]
        registry.kube.delete(second)
        registry.look_again(version, "1")
        told = registry.until(version, "SourceUnchanged", "Unknown", "ManifestMissing")
        assert f"ConfigMap {second['metadata']['name']}" in told["message"]
        application = registry.application("big", replicas=0)
        registry.until(application, "WorkloadsAvailable", "False", "FetchFailed")
        assert registry.find("apps/v1", "Deployment", "big-1-0-0") is None
