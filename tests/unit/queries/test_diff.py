"""Two versions as the cluster keeps them; what cannot be read is said, and the rest is compared."""

from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.records import NORMAL, stored
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.digest_config_map import KnownContent, digest_object
from aiapp.domain.artifact.entry import Entry, inline_entry
from aiapp.domain.artifact.manifest import COMPOSED_TAG, Manifest, composed
from aiapp.domain.artifact.manifest_config_map import manifest_objects, manifest_reference
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json, Resource
from aiapp.domain.provenance.config_map import provenance_object, provenance_record
from aiapp.ports.kubernetes import ApiError, NotFoundError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.diff import Compared, compare

HASHES: Final = {"config.json": "c0" * 32, "model.pkl": "d0" * 32}


class Namespaces(UserObjects):
    """Objects of several namespaces."""

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        if ("get", resource.plural) in self.denied:
            raise ApiError(403, "Forbidden", f"{resource.plural} is forbidden")
        for one in self.held.get(resource, ()):
            if one["metadata"]["name"] == name and one["metadata"].get("namespace", "team") == namespace:
                return one
        raise NotFoundError(404, "NotFound", f"{resource.plural} {name!r} not found")


def package(**hashes: str) -> tuple[Manifest, dict[str, str]]:
    """A package of two files with these hashes."""
    known = HASHES | {path.replace("_", "."): digest for path, digest in hashes.items()}
    return composed(Entry(path, 7, f"e-{digest[:4]}") for path, digest in sorted(known.items())), known


class World:
    """Versions, and what is kept of each."""

    def __init__(self) -> None:
        self.held: dict[Resource, list[Json]] = {VERSIONS: [], CONFIG_MAPS: []}
        self.denied: frozenset[tuple[str, str]] = frozenset()

    def version(
        self, number: str, manifest: Manifest, hashes: dict[str, str] | None, namespace: str = "team", **status: Any
    ) -> Json:
        """Pinned to that manifest; with `hashes`, fetched as well."""
        artifact = NORMAL["artifact"] | {  # type: ignore[operator]
            "pin": manifest.pin,
            "manifestRef": manifest_reference(manifest).model_dump(by_alias=True, exclude_none=True),
        }
        kept = manifest_objects(manifest)
        if hashes is not None:
            found = content(manifest.entries, hashes)
            artifact["digest"] = found.digest
            kept.append(digest_object(manifest.pin, KnownContent(found, "Fetch")))
        document = documents.version(number=number)
        made = stored(document, status={**NORMAL, "artifact": artifact, **status})
        made["metadata"] |= {"namespace": namespace}
        self.held[VERSIONS].append(made)
        self.held[CONFIG_MAPS] += [{**one, "metadata": one["metadata"] | {"namespace": namespace}} for one in kept]
        return made

    async def compared(self, before: str = "mnist-1.0.0", after: str = "mnist-1.1.0") -> Compared:
        return await compare(UserCluster(Namespaces(self.held, denied=self.denied), "team"), before, after)


async def test_files_are_compared_by_the_hashes_that_are_kept() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.1.0", *package(model_pkl="d1" * 32))
    found = await world.compared()
    assert found.diff.same_content is False
    assert found.diff.files is not None
    assert [(one.path, one.by) for one in found.diff.files.changes] == [("model.pkl", "SHA256")]
    assert found.notes == ()


async def test_a_version_of_another_namespace_is_named_with_it() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.0.0", *package(), namespace="production")
    found = await world.compared("mnist-1.0.0", "production/mnist-1.0.0")
    assert found.diff.same_content is True
    assert found.diff.document()["versions"] == ["mnist-1.0.0", "production/mnist-1.0.0"]
    with pytest.raises(NotFoundError):
        await world.compared("mnist-1.0.0", "elsewhere/mnist-1.0.0")


async def test_a_manifest_that_is_gone_or_forged_is_said_and_the_rest_is_compared() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.1.0", *package(model_pkl="d1" * 32))
    first, _, second, _ = world.held[CONFIG_MAPS]
    second["binaryData"] = first["binaryData"]
    found = await world.compared()
    assert found.diff.files is None
    assert found.diff.same_content is False
    assert [note.partition(":")[0] for note in found.notes] == ["the files of mnist-1.1.0 cannot be compared"]
    assert "does not hold what mnist-1.1.0 is pinned to" in found.notes[0]
    world.held[CONFIG_MAPS].remove(second)
    assert "is gone" in (await world.compared()).notes[0]


async def test_hashes_that_are_not_those_of_the_digest_in_the_status_do_not_count() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.1.0", *package(model_pkl="d1" * 32))
    manifest, hashes = package(model_pkl="d1" * 32)
    forged = digest_object(
        manifest.pin, KnownContent(content(manifest.entries, hashes | {"model.pkl": "d0" * 32}), "Fetch")
    )
    world.held[CONFIG_MAPS][3] = forged
    found = await world.compared()
    assert found.diff.files is not None
    assert [(one.path, one.by) for one in found.diff.files.changes] == [("model.pkl", "ETag")]


async def test_without_the_right_to_read_config_maps_digests_and_status_are_compared() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.1.0", *package())
    world.denied = frozenset({("get", "configmaps")})
    found = await world.compared()
    assert found.diff.same_content is True
    assert all("configmaps is forbidden" in note for note in found.notes)


async def test_a_training_is_compared_by_its_record_and_a_forged_one_is_not() -> None:
    world = World()
    for number, seed in (("1.0.0", "7"), ("1.1.0", "8")):
        container = {"name": "train", "env": [{"name": "SEED", "value": seed}]}
        record = provenance_object({"buildDefinition": {"externalParameters": {"containers": [container]}}})
        world.held[CONFIG_MAPS].append(record)
        world.version(number, *package(), provenance={"record": provenance_record(record).model_dump()})
    found = await world.compared()
    assert found.diff.sections["provenance"] == (("containers[train].env[SEED].value", "7", "8"),)
    world.held[CONFIG_MAPS][0]["data"] = {"predicate.json": "{}"}
    assert "does not hold what the operator wrote" in (await world.compared()).notes[0]


async def test_a_config_json_that_lies_in_the_manifest_is_compared() -> None:
    world = World()
    for number, epochs in (("1.0.0", b"1"), ("1.1.0", b"2")):
        config = inline_entry("config.json", b'{"model_type": "A", "epochs": ' + epochs + b"}")
        world.version(number, composed([config], COMPOSED_TAG), None)
    found = await world.compared()
    assert found.diff.sections["config"] == (("config.json.epochs", "1", "2"),)


async def test_a_version_that_is_not_pinned_yet_is_said() -> None:
    world = World()
    world.version("1.0.0", *package())
    world.version("1.1.0", *package())["status"].pop("artifact")
    found = await world.compared()
    assert found.diff.same_content is None
    assert found.notes == ("mnist-1.1.0 is not pinned yet: see kubectl describe aiappv mnist-1.1.0",)
