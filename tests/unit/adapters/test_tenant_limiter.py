"""Tenants take turns at a few places: none waits for the crowd of another."""

import asyncio

import pytest

from aiapp.adapters.tenant_limiter import LateSlot, TenantLimiter


async def hold(limiter: TenantLimiter, tenant: str, order: list[str]) -> None:
    async with limiter.slot(tenant):
        order.append(tenant)
        await asyncio.sleep(0)


async def test_a_tenant_has_one_place_and_the_others_take_turns_at_the_rest() -> None:
    limiter, order = TenantLimiter(2), list[str]()
    async with limiter.slot("hostile"):
        waiting = [asyncio.create_task(hold(limiter, "hostile", order)) for _ in range(9)]
        await asyncio.gather(*(hold(limiter, tenant, order) for tenant in "abab"))
        assert order == ["a", "b", "a", "b"]
    await asyncio.gather(*waiting)
    assert order[4:] == ["hostile"] * 9


async def test_a_place_is_given_back_by_one_that_fails_and_by_one_that_is_cancelled() -> None:
    limiter, order = TenantLimiter(1), list[str]()
    async with limiter.slot("a"):
        task = asyncio.create_task(hold(limiter, "b", order))
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot("a"):
            _ = 1 / 0
    await hold(limiter, "c", order)
    assert order == ["c"]


async def test_tenants_that_are_through_are_forgotten() -> None:
    limiter = TenantLimiter(2)
    for number in range(100):
        async with limiter.slot(f"team-{number}"):
            pass
    assert len(limiter._tenants) <= 1


async def test_two_tasks_of_one_session_do_not_wait_for_each_other() -> None:
    limiter, order = TenantLimiter(1), list[str]()
    late = LateSlot(limiter, "a")
    async with limiter.slot("b"):
        both = [asyncio.create_task(late.take()) for _ in range(2)]
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.gather(*both)
    await late.close()
    await hold(limiter, "a", order)
    assert order == ["a"]
