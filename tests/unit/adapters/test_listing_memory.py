"""Small listings wait for nobody, large ones for their tenant's turn, and what could not be pinned is not kept."""

import asyncio
import random

import pytest

from aiapp.adapters.objectstore.memory import MAX_BYTES, SMALL_BYTES, PackageMemory
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import from_listing
from aiapp.domain.artifact.manifest_config_map import MAX_PAYLOAD_BYTES
from aiapp.domain.objectstore.listing import Listed, ListingPacker
from aiapp.ports.objectstore import SHORT_READ_BYTES, StoreError

URI = "obs://models/mnist/"
LARGE = SMALL_BYTES + 1


async def test_one_large_listing_of_a_tenant_waits_for_the_other_and_holds_up_nobody_else() -> None:
    limiter = TenantLimiter(2)
    first, second, other = (PackageMemory(limiter, tenant) for tenant in ("hostile", "hostile", "team"))
    await first.reserve(LARGE, URI)
    await first.reserve(MAX_BYTES, URI)  # it grows, and there may be another of the same session
    waiting = asyncio.create_task(second.reserve(LARGE, URI))
    await other.reserve(LARGE, URI)
    await PackageMemory(limiter, "hostile").reserve(SMALL_BYTES, URI)
    assert not waiting.done()
    await first.close()
    await waiting


async def test_what_a_package_reads_beside_others_waits_for_nobody_and_what_is_longer_for_its_turn() -> None:
    limiter = TenantLimiter(2)
    first, second = (PackageMemory(limiter, "team") for _ in range(2))
    await first.reserve_file(SHORT_READ_BYTES + 1)
    short, long = (asyncio.create_task(second.reserve_file(SHORT_READ_BYTES + more)) for more in (0, 1))
    await asyncio.sleep(0)
    assert short.done()
    assert not long.done()
    await first.close()
    await long


async def test_names_whose_manifest_could_not_be_kept_are_refused() -> None:
    with pytest.raises(StoreError, match="the names under obs://models/mnist/ take more than 16 MiB") as caught:
        await PackageMemory(TenantLimiter(2), "team").reserve(MAX_BYTES + 1, URI)
    assert (caught.value.reason, caught.value.retryable) == (Reason.LIMIT_EXCEEDED, False)


@pytest.mark.parametrize("alphabet", ["0123456789abcdef", "模型文件部分数据", "x"])
def test_what_can_be_pinned_can_be_listed(alphabet: str) -> None:
    chance, packer = random.Random(1), ListingPacker()
    names = sorted(f"a/{''.join(chance.choices(alphabet, k=60))}-{number:05d}" for number in range(5000))
    listed = [Listed(name, 1, f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(128):032x}") for name in names]
    for start in range(0, len(listed), 1000):
        packer.add(listed[start : start + 1000])
    assert packer.packed_bytes / len(from_listing(listed, "").payload) < MAX_BYTES / MAX_PAYLOAD_BYTES
