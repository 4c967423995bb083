"""Copies that were interrupted, refused or lied to: they go on from where they stopped."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.integration.registry.conftest import OWN, SETTINGS, Copiers
from tests.integration.registry.copies import copied, failure, holds, lying, stopped
from tests.support.fault_proxy import NO_FAULT, Fault, Request, fault_proxy
from tests.support.images import digest, image
from tests.support.registries import Registry, running

from aiapp.adapters.registry.copying import OwnRegistrySettings, RegistryCopier
from aiapp.adapters.registry.pieces import PIECE_BYTES
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.domain.images.replica import own_registry


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


@pytest.mark.parametrize("place", ["http://[::1", "nowhere:/1"])
async def test_an_upload_that_leads_nowhere_is_the_registrys_fault(
    registry: Registry, own: Registry, registries: ImageRegistries, copiers: Copiers, place: str
) -> None:
    found = await lying(registries, registry, "team/nowhere", image())
    with fault_proxy(f"http://{own.address}") as proxy:
        accepted = Fault(status=HTTPStatus.ACCEPTED, headers={"Location": place})
        proxy.rule = lambda request: accepted if request.method == "POST" else NO_FAULT
        failed = await failure(copiers(proxy.address), found)
    assert (failed.reason, failed.retryable) == (Reason.ENDPOINT_UNREACHABLE, False)
    assert "does not say where an upload goes on" in failed.message


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
