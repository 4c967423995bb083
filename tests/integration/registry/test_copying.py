"""Copies into the installation's own registry: whole, once, and never of anything else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.registry.conftest import PLAIN, Copiers, asked_for
from tests.integration.registry.copies import NAMESPACE, at_manifest, copied, failure, holds, lying
from tests.support.certificates import Authority
from tests.support.fault_proxy import NO_FAULT, Fault, Request, fault_proxy
from tests.support.images import digest, entry, image, index, multi
from tests.support.registries import PASSWORD, USER, Registry, with_password, with_tls
from tests.support.token_server import with_tokens

from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.domain.images.replica import CopyProgress
from aiapp.oci.access import Login
from aiapp.ports.registry import RegistryError


async def test_an_index_is_copied_whole_with_what_belongs_to_it(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    runs, attests = image("amd64", layers=layers), image("unknown", system="unknown", layers=[b"in-toto"])
    pushed = index(
        entry(runs, {"os": "linux", "architecture": "amd64"}),
        entry(attests, {"os": "unknown", "architecture": "unknown"}),
        of=[runs, attests],
    )
    found = await lying(registries, registry, "team/model", pushed)
    place, told = await copied(copiers(own.address), found)
    host = registry.address.replace(".", "-").replace(":", "-")
    assert str(place) == f"{own.address}/copies/{NAMESPACE}/{host}/team/model@{pushed.digest}"
    assert holds(own, place, pushed)
    size = sum(map(len, pushed.all_blobs.values()))
    assert (told[0], told[-1]) == (CopyProgress(0, size), CopyProgress(size, size))
    assert [one.done_bytes for one in told] == sorted(one.done_bytes for one in told)
    assert (await registries.resolve(place, PLAIN)).platforms == found.platforms  # what pods run


async def test_a_copy_that_is_there_takes_one_request(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers
) -> None:
    found = await lying(registries, registry, "team/model", multi("amd64", "arm64"))
    with fault_proxy(f"http://{own.address}") as proxy:
        copier = copiers(proxy.address)
        first = await copied(copier, found)
        proxy.requests.clear()
        assert await copied(copier, found) == (first[0], [])
        assert [request.method for request in proxy.requests] == ["HEAD"]


async def test_a_layer_that_another_copy_has_is_not_sent_again(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    with fault_proxy(f"http://{own.address}") as proxy:
        copier = copiers(proxy.address)
        for name in ("one", "two"):
            found = await lying(registries, registry, f"team/{name}", image(layers=layers, run={"Cmd": [name]}))
            proxy.requests.clear()
            await copied(copier, found)
        assert len([request for request in proxy.requests if request.method == "PATCH"]) == 1  # the config


async def test_nothing_is_taken_from_the_copies_of_another_namespace(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    """A manifest names layers by digests, which need not be secret, while the layers are."""
    copier = copiers(own.address)
    await copied(copier, await lying(registries, registry, "team/secret", image(layers=layers)))
    stolen = await lying(registries, registry, "team/curious", image(layers=layers, run={"Cmd": ["look"]}))
    for layer in layers:
        registry.delete("team/curious", digest(layer), "blobs")
    with pytest.raises(RegistryError) as failed:
        await copier.copy(stolen, PLAIN, "team-b", lambda _: None)
    assert failed.value.reason is Reason.IMAGE_INCOMPLETE


async def test_in_the_same_registry_nothing_is_sent_at_all(
    registry: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    with fault_proxy(f"http://{registry.address}") as proxy:
        found = await lying(registries, registry, "team/same", pushed, at=proxy)
        place, _ = await copied(copiers(proxy.address), found)
        assert not [request for request in proxy.requests if request.method == "PATCH"]
    assert holds(registry, place, pushed)


@pytest.mark.parametrize("change", ["deleted", "moved"])
async def test_what_becomes_of_the_tag_meanwhile_does_not_matter(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes], change: str
) -> None:
    pushed = image(layers=layers)
    found = await lying(registries, registry, f"team/{change}", pushed)
    changes = iter([change])

    def rule(request: Request) -> Fault:
        """Once, after the first layer has begun."""
        happens = next(changes, "") if request.method == "PATCH" else ""
        if happens == "deleted":
            registry.delete(f"team/{change}", pushed.digest)
        elif happens == "moved":
            registry.push(f"team/{change}", image(layers=[b"another"]), "1")
        return NO_FAULT

    with fault_proxy(f"http://{own.address}") as proxy:
        proxy.rule = rule
        place, _ = await copied(copiers(proxy.address), found)
        assert (await registries.resolve(place, PLAIN)).digest == pushed.digest
    assert next(changes, "") == ""
    assert holds(own, place, pushed)


async def test_a_layer_that_vanishes_is_named_and_missed_until_it_is_back(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    found = await lying(registries, registry, "team/vanished", pushed)
    small = digest(layers[1])
    registry.delete("team/vanished", small, "blobs")
    copier = copiers(own.address)
    failed = await failure(copier, found)
    assert failed.reason is Reason.IMAGE_INCOMPLETE
    assert f"the layer {small}" in failed.message
    registry.push("team/vanished", pushed)
    place, _ = await copied(copier, found)
    assert holds(own, place, pushed)


async def test_a_platform_that_its_registry_lacks_is_named_and_missed_until_it_is_pushed(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = multi("amd64", "arm64", run={"Cmd": ["sparse"]})
    child, copier = pushed.children[1], copiers(own.address)
    gone = at_manifest(child.digest)
    with fault_proxy(f"http://{registry.address}") as source:
        source.rule = gone
        found = await lying(registries, registry, "team/sparse", pushed, at=source)
        failed = await failure(copier, found)
        assert failed.reason is Reason.IMAGE_INCOMPLETE
        assert f"the manifest {child.digest} for linux/arm64 of" in failed.message
        assert "push the image again" in failed.message
        source.rule = lambda _: NO_FAULT
        place, _ = await copied(copier, found)
    assert holds(own, place, pushed)


async def test_nothing_is_copied_that_has_another_digest(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    found = await lying(registries, registry, "team/lie", pushed)
    file = registry.file(digest(layers[0]))
    file.write_bytes(layers[0][:-1] + bytes([layers[0][-1] ^ 1]))
    copier = copiers(own.address)
    failed = await failure(copier, found)
    assert (failed.reason, failed.retryable) == (Reason.DIGEST_MISMATCH, False)
    assert digest(layers[0]) in failed.message
    file.write_bytes(layers[0])
    place, _ = await copied(copier, found)
    assert holds(own, place, pushed)


async def test_the_own_registry_may_want_a_login_and_be_vouched_for_by_a_private_authority(
    registry: Registry, registries: ImageRegistries, copiers: Copiers, tmp_path: Path
) -> None:
    pushed = image()
    found = await lying(registries, registry, "team/private", pushed)
    config, bundle, authority = tmp_path / "config.json", tmp_path / "ca.crt", Authority()
    bundle.write_bytes(authority.pem)
    for folder in ("locked", "tls"):
        (tmp_path / folder).mkdir()
    with with_password(tmp_path / "locked") as locked:
        failed = await failure(copiers(locked.address), found)
        assert failed.reason is Reason.ACCESS_DENIED
        assert "AIAPP_REGISTRY_CONFIG" in failed.message
        config.write_text(json.dumps({"auths": {locked.address: {"username": USER, "password": PASSWORD}}}))
        place, _ = await copied(copiers(locked.address, config_file=config), found)
        assert holds(locked, place, pushed)
    with with_tls(tmp_path / "tls", authority) as behind_tls:
        place, _ = await copied(copiers(behind_tls.address, ca_file=bundle, plain_http=False), found)
        assert holds(behind_tls, place, pushed)
    config.write_text("{")
    failed = await failure(copiers(own_address := "127.0.0.1:1", config_file=config), found)
    assert (failed.reason, own_address in failed.message) == (Reason.SECRET_NOT_FOUND, True)


@pytest.mark.parametrize("repository", ["team/seen", "hidden/model"])
async def test_a_login_of_the_own_registry_need_not_see_the_original(
    registries: ImageRegistries, copiers: Copiers, layers: list[bytes], tmp_path: Path, repository: str
) -> None:
    pushed, config = image(layers=layers), tmp_path / "config.json"
    with with_tokens(tmp_path) as tokened:
        address, original = tokened.registry.address, tokened.pushing(repository)
        original.push(repository, pushed, "1")
        config.write_text(json.dumps({"auths": {address: {"username": USER, "password": PASSWORD}}}))
        access = replace(PLAIN, logins=(Login(USER, PASSWORD),))
        tokened.tokens.hides = "none of them"
        found = await registries.resolve(asked_for(original, f"{repository}:1"), access)
        tokened.tokens.hides = "hidden/"
        copier = copiers(address, config_file=config)
        place = await copier.copy(found, access, NAMESPACE, lambda _: None)
        assert holds(tokened.pushing(place.repository), place, pushed)


async def test_an_image_that_is_too_large_is_not_copied(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers
) -> None:
    found = await lying(registries, registry, "team/large", multi("amd64", "arm64"))
    failed = await failure(copiers(own.address, max_bytes=100), found)
    assert failed.reason is Reason.LIMIT_EXCEEDED
    assert "AIAPP_MAX_COPY_BYTES" in failed.message
