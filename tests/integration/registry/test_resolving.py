"""What the real registry says of images that are there, are not, or are for other machines."""

import pytest
from tests.integration.registry.conftest import PLAIN, asked_for, refused
from tests.support.images import entry, image, index, multi
from tests.support.registries import Registry

from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.oci.access import RegistryAccess
from aiapp.ports.registry import RegistryError


async def test_a_lone_image_says_in_its_config_for_which_platform_it_is(
    registry: Registry, registries: ImageRegistries
) -> None:
    run = {
        "Entrypoint": ["/server"],
        "Cmd": ["--port", "9000"],
        "ExposedPorts": {"9000/tcp": {}, "9001/udp": {}},
        "User": "1000:1000",
        "WorkingDir": "/srv",
        "Env": ["CANN_VERSION=8.1.RC1", "EMPTY="],
        "Labels": {"org.opencontainers.image.title": "a server"},
    }
    pushed = registry.push("lone/image", image("arm64", variant="v8", run=run), "1")
    found = await registries.resolve(asked_for(registry, "lone/image:1"), PLAIN)
    (only,) = found.platforms
    assert (found.digest, only.digest, str(only.platform)) == (pushed, pushed, "linux/arm64/v8")
    assert found.pinned == f"{registry.address}/lone/image@{pushed}"
    assert (only.config.entrypoint, only.config.command) == (("/server",), ("--port", "9000"))
    assert (only.config.exposed_ports, only.config.user, only.config.working_dir) == ((9000,), "1000:1000", "/srv")
    assert only.config.environment == {"CANN_VERSION": "8.1.RC1", "EMPTY": ""}
    assert only.config.labels == {"org.opencontainers.image.title": "a server"}


async def test_an_index_has_a_platform_for_each_of_its_images(registry: Registry, registries: ImageRegistries) -> None:
    pushed = multi("amd64", "arm64/v8", run={"Cmd": ["serve"]})
    registry.push("multi", pushed, "latest")
    found = await registries.resolve(asked_for(registry, "multi"), PLAIN)
    assert found.digest == pushed.digest
    assert [str(each.platform) for each in found.platforms] == ["linux/amd64", "linux/arm64/v8"]
    assert [each.digest for each in found.platforms] == [child.digest for child in pushed.children]
    assert [each.bytes for each in found.platforms] == [
        sum(map(len, child.blobs.values())) for child in pushed.children
    ]


async def test_attestations_are_no_platforms_and_an_index_of_one_is_an_image(
    registry: Registry, registries: ImageRegistries
) -> None:
    runs, attests = image("amd64"), image("unknown", system="unknown", layers=[b"in-toto"])
    annotations = {"vnd.docker.reference.type": "attestation-manifest"}
    entries = (
        entry(runs, {"os": "linux", "architecture": "amd64"}),
        entry(attests, {"os": "unknown", "architecture": "unknown"}, annotations=annotations),
    )
    pushed = index(*entries, of=[runs, attests])
    registry.push("attested", pushed, "1")
    found = await registries.resolve(asked_for(registry, "attested:1"), PLAIN)
    assert (found.digest, [str(each.platform) for each in found.platforms]) == (pushed.digest, ["linux/amd64"])


async def test_the_digest_is_asked_for_alone(registry: Registry, registries: ImageRegistries) -> None:
    first, second = image(layers=[b"one"]), image(layers=[b"two"])
    registry.push("moving", first, "1")
    assert await registries.digest(asked_for(registry, "moving:1"), PLAIN) == first.digest
    registry.push("moving", second, "1")
    assert await registries.digest(asked_for(registry, "moving:1"), PLAIN) == second.digest
    assert await registries.digest(asked_for(registry, f"moving@{first.digest}"), PLAIN) == first.digest


async def test_an_image_that_is_not_there_is_not_found(registry: Registry, registries: ImageRegistries) -> None:
    registry.push("there", image(), "1")
    for rest in ("there:2", "elsewhere:1", f"there@sha256:{'0' * 64}"):
        found = await refused(registries, asked_for(registry, rest))
        assert (found.reason, found.retryable) == (Reason.IMAGE_NOT_FOUND, False)
        assert str(asked_for(registry, rest)) in found.message
        with pytest.raises(RegistryError, match="has no image"):
            await registries.digest(asked_for(registry, rest), PLAIN)


async def test_an_image_for_windows_alone_has_no_platform(registry: Registry, registries: ImageRegistries) -> None:
    windows = image("amd64", system="windows")
    registry.push("lone-windows", windows, "1")
    registry.push("windows", index(entry(windows, {"os": "windows", "architecture": "amd64"}), of=[windows]), "1")
    for rest in ("lone-windows:1", "windows:1"):
        found = await refused(registries, asked_for(registry, rest))
        assert found.reason is Reason.PLATFORM_MISSING
        assert "windows/amd64" in found.message


async def test_http_is_asked_only_where_the_source_says_so(registry: Registry, registries: ImageRegistries) -> None:
    registry.push("plain", image(), "1")
    with pytest.raises(RegistryError, match="does not speak TLS"):
        await registries.resolve(asked_for(registry, "plain:1"), RegistryAccess())
