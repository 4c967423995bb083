"""Copies into the installation's own registry: whole, once, and on from where they stopped."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.integration.registry.conftest import PLAIN, SETTINGS, asked_for
from tests.support.certificates import Authority
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request, fault_proxy
from tests.support.images import Image, digest, entry, image, index, multi
from tests.support.registries import PASSWORD, USER, Registry, running, with_password, with_tls
from tests.support.token_server import with_tokens

from aiapp.adapters.registry.copying import OwnRegistrySettings, RegistryCopier
from aiapp.adapters.registry.pieces import PIECE_BYTES
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.domain.images.found import FoundImage
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.replica import CopyProgress, own_registry
from aiapp.oci.access import Login
from aiapp.oci.errors import OWN_HINTS
from aiapp.ports.registry import RegistryError

NAMESPACE = "team-a"
OWN = replace(SETTINGS, request_seconds=10, hints=OWN_HINTS)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The installation's own registry."""
    with running(tmp_path_factory.mktemp("own")) as found:
        yield found


@pytest.fixture
def layers() -> list[bytes]:
    """One of several pieces, which no other test has, and a small one."""
    return [os.urandom(2 * PIECE_BYTES + 1000), b"small"]


Copiers = Callable[..., RegistryCopier]


@pytest.fixture
async def copiers(registries: ImageRegistries) -> AsyncIterator[Copiers]:
    """Makes those that copy into a registry; closed at the end."""
    made: list[RegistryCopier] = []

    def make(address: str, **more: object) -> RegistryCopier:
        settings = OwnRegistrySettings(place=own_registry(f"{address}/copies"), client=OWN, plain_http=True)
        made.append(RegistryCopier(replace(settings, **more), registries, lambda: 0.0))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for copier in made:
        await copier.close()


async def lying(
    registries: ImageRegistries, registry: Registry, repository: str, pushed: Image, at: FaultProxy | None = None
) -> FoundImage:
    """The image, which is put there and asked for there, or at a proxy in front."""
    registry.push(repository, pushed, "1")
    return await registries.resolve(reference(f"{(at or registry).address}/{repository}:1"), PLAIN)


async def copied(copier: RegistryCopier, found: FoundImage) -> tuple[Reference, list[CopyProgress]]:
    told: list[CopyProgress] = []
    return await copier.copy(found, PLAIN, NAMESPACE, told.append), told


async def failure(copier: RegistryCopier, found: FoundImage) -> RegistryError:
    with pytest.raises(RegistryError) as failed:
        await copied(copier, found)
    return failed.value


async def stopped(copier: RegistryCopier, found: FoundImage) -> None:
    """In the midst of the layer that has several pieces."""

    def stop(progress: CopyProgress) -> None:
        if progress.done_bytes > PIECE_BYTES:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await copier.copy(found, PLAIN, NAMESPACE, stop)


def at_third_patch(fault: Fault) -> Callable[[Request], Fault]:
    """Of the first layer, after its config."""
    patches = iter([NO_FAULT, NO_FAULT, fault])
    return lambda request: next(patches, NO_FAULT) if request.method == "PATCH" else NO_FAULT


def without_parts(fault: Fault = NO_FAULT) -> Callable[[Request], Fault]:
    """A registry that sends all of a blob whatever part is asked for; `fault` befalls answers for all of it."""

    def rule(request: Request) -> Fault:
        if not request.is_get or "/blobs/" not in request.target:
            return NO_FAULT
        return replace(NO_FAULT if "range" in request.headers else fault, ignores_range=True)

    return rule


def at_manifest(digest: str) -> Callable[[Request], Fault]:
    """The registry does not have that one."""
    gone = Fault(status=HTTPStatus.NOT_FOUND)
    return lambda request: gone if request.target.endswith(f"/manifests/{digest}") else NO_FAULT


def holds(own: Registry, place: Reference, pushed: Image) -> bool:
    """Every manifest and blob, byte by byte."""
    for one in pushed.manifests:
        status, _, body = own.request(
            "GET", f"/v2/{place.repository}/manifests/{one.digest}", headers={"Accept": one.media_type}
        )
        assert (status, body) == (200, one.body)
    for name, blob in pushed.all_blobs.items():
        assert own.request("GET", f"/v2/{place.repository}/blobs/{name}")[::2] == (200, blob)
    return True


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


async def test_a_copy_that_was_stopped_goes_on_with_the_next_piece(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed, copier = image(layers=layers), copiers(own.address)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/stopped", pushed, at=source)
        await stopped(copier, found)
        source.requests.clear()
        place, _ = await copied(copier, found)
    assert source.ranges[0] == "bytes=8388608-16777215"
    assert holds(own, place, pushed)


@pytest.mark.parametrize("is_begun", [False, True], ids=["from its start", "on from where it was interrupted"])
async def test_a_registry_that_sends_no_parts_is_read_in_one_go_and_the_progress_says_so(
    registry: Registry,
    own: Registry,
    registries: ImageRegistries,
    copiers: Copiers,
    layers: list[bytes],
    is_begun: bool,
) -> None:
    pushed, copier = image(layers=layers), copiers(own.address)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, f"team/whole-{is_begun:d}", pushed, at=source)
        if is_begun:
            await stopped(copier, found)
        source.rule = without_parts()
        source.requests.clear()
        place, told = await copied(copier, found)
        whole = [one for one in source.gets if digest(layers[0]) in one.target and "range" not in one.headers]
        said = [str(one) for one in told if one.without_parts == source.address]
    assert len(whole) == 1
    assert said
    assert all("sends no parts of layers, so that each is read in one go" in one for one in said)
    assert holds(own, place, pushed)


async def test_a_layer_in_one_go_that_is_interrupted_says_why_it_is_read_anew_and_what_helps(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed, copier = image(layers=layers), copiers(own.address)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/whole-cut", pushed, at=source)
        source.rule = without_parts(Fault(cut_after=PIECE_BYTES + 1000))
        failed = await failure(copier, found)
        assert (failed.reason, failed.retryable) == (Reason.ENDPOINT_UNREACHABLE, True)
        assert f"{source.address} sends no parts of layers" in failed.message
        assert "put the image into a registry that sends parts" in failed.message
        source.rule = without_parts()
        place, told = await copied(copier, found)
    assert min(one.done_bytes for one in told if one.without_parts) > 2 * PIECE_BYTES  # what is there stays there
    assert holds(own, place, pushed)


async def test_a_layer_in_one_go_may_take_longer_than_any_other_answer(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    hasty = ImageRegistries(replace(SETTINGS, request_seconds=3))
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/whole-slow", pushed, at=source)
        source.rule = without_parts(Fault(piece=1 << 20, pause_seconds=0.25))
        made = OwnRegistrySettings(place=own_registry(f"{own.address}/copies"), client=OWN, plain_http=True)
        copier = RegistryCopier(made, hasty, lambda: 0.0)
        place, _ = await copied(copier, found)
        await copier.close()
        await hasty.close()
    assert holds(own, place, pushed)


async def test_a_layer_in_one_go_that_is_too_short_is_a_lie(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/whole-short", pushed, at=source)
        source.rule = without_parts()
        registry.file(digest(layers[0])).write_bytes(layers[0][:-1])
        failed = await failure(copiers(own.address), found)
    assert failed.reason is Reason.DIGEST_MISMATCH
    assert "sends fewer bytes" in failed.message


async def test_another_process_goes_on_in_the_midst_of_a_layer(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed, before, after = image(layers=layers), copiers(own.address), copiers(own.address)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/handed", pushed, at=source)
        await stopped(before, found)
        after.remember({**before.unfinished(), "nonsense": "", "copies/x@sha256:0": "7 http://127.0.0.1:1/x"})
        source.requests.clear()
        place, _ = await copied(after, found)
    assert source.ranges[0] == "bytes=8388608-16777215"
    assert holds(own, place, pushed)


async def test_what_two_processes_have_sent_is_sent_anew_where_the_registry_finds_another_digest(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed, before, after = image(layers=layers), copiers(own.address), copiers(own.address)
    found = await lying(registries, registry, "team/doubted", pushed)
    file = registry.file(digest(layers[0]))
    file.write_bytes(bytes([layers[0][0] ^ 1]) + layers[0][1:])
    await stopped(before, found)
    file.write_bytes(layers[0])
    after.remember(before.unfinished())
    place, _ = await copied(after, found)
    assert holds(own, place, pushed)


async def test_in_the_same_registry_nothing_is_sent_at_all(
    registry: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    with fault_proxy(f"http://{registry.address}") as proxy:
        found = await lying(registries, registry, "team/same", pushed, at=proxy)
        place, _ = await copied(copiers(proxy.address), found)
        assert not [request for request in proxy.requests if request.method == "PATCH"]
    assert holds(registry, place, pushed)


@pytest.mark.parametrize("fault", [Fault(status=HTTPStatus.BAD_GATEWAY), Fault(cut_after=0)], ids=["502", "cut off"])
async def test_an_answer_that_is_lost_is_asked_for_and_the_copy_goes_on(
    registry: Registry,
    own: Registry,
    registries: ImageRegistries,
    copiers: Copiers,
    layers: list[bytes],
    fault: Fault,
) -> None:
    pushed = image(layers=layers)
    found = await lying(registries, registry, "team/lost", pushed)
    with fault_proxy(f"http://{own.address}") as proxy:
        proxy.rule = at_third_patch(fault)
        place, _ = await copied(copiers(proxy.address), found)
    assert holds(own, place, pushed)


async def test_a_copy_that_failed_goes_on_where_it_stopped(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed, copier = image(layers=layers), copiers(own.address)
    with fault_proxy(f"http://{registry.address}") as source:
        found = await lying(registries, registry, "team/resumed", pushed, at=source)
        source.rule = lambda request: (
            Fault(status=HTTPStatus.BAD_GATEWAY)
            if request.headers.get("range", "").startswith("bytes=8388608")
            else NO_FAULT
        )
        failed = await failure(copier, found)
        assert (failed.reason, failed.retryable) == (Reason.ENDPOINT_UNREACHABLE, True)
        source.rule = lambda _: NO_FAULT
        source.requests.clear()
        place, _ = await copied(copier, found)
    assert source.ranges == ["bytes=8388608-16777215", "bytes=16777216-16778215", "bytes=0-4"]
    assert holds(own, place, pushed)


async def test_an_upload_that_the_registry_has_lost_begins_anew(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes]
) -> None:
    pushed = image(layers=layers)
    found = await lying(registries, registry, "team/anew", pushed)
    with fault_proxy(f"http://{own.address}") as proxy:
        proxy.rule = at_third_patch(Fault(status=HTTPStatus.NOT_FOUND))
        place, _ = await copied(copiers(proxy.address), found)
    assert holds(own, place, pushed)


async def test_a_registry_that_starts_again_is_no_reason_to_begin_anew_with_what_it_has(
    registry: Registry, registries: ImageRegistries, copiers: Copiers, layers: list[bytes], tmp_path: Path
) -> None:
    pushed = image(layers=[b"small", *layers])
    found = await lying(registries, registry, "team/restarted", pushed)
    with running(tmp_path) as before, fault_proxy(f"http://{before.address}") as proxy:
        patches = iter([NO_FAULT, NO_FAULT, NO_FAULT])
        away = Fault(status=HTTPStatus.SERVICE_UNAVAILABLE)
        proxy.rule = lambda request: next(patches, away) if request.method in {"PATCH", "GET"} else NO_FAULT
        await failure(copiers(proxy.address), found)
    with running(tmp_path) as after, fault_proxy(f"http://{after.address}") as proxy:
        place, _ = await copied(copiers(proxy.address), found)
        sent = [request.headers["content-range"] for request in proxy.requests if request.method == "PATCH"]
        assert sent == ["0-8388607", "8388608-16777215", "16777216-16778215"]  # neither config nor the small layer
        assert holds(after, place, pushed)


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
