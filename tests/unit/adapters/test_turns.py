"""Tenants take turns at a few places: none waits for the crowd of another."""

import asyncio

import pytest

from aiapp.adapters.turns import Turns


async def hold(turns: Turns, tenant: str, order: list[str]) -> None:
    async with turns.turn(tenant):
        order.append(tenant)
        await asyncio.sleep(0)


async def test_a_tenant_has_one_place_and_the_others_take_turns_at_the_rest() -> None:
    turns, order = Turns(2), list[str]()
    async with turns.turn("hostile"):
        waiting = [asyncio.create_task(hold(turns, "hostile", order)) for _ in range(9)]
        await asyncio.gather(*(hold(turns, tenant, order) for tenant in "abab"))
        assert order == ["a", "b", "a", "b"]
    await asyncio.gather(*waiting)
    assert order[4:] == ["hostile"] * 9


async def test_a_place_is_given_back_by_one_that_fails_and_by_one_that_is_cancelled() -> None:
    turns, order = Turns(1), list[str]()
    async with turns.turn("a"):
        task = asyncio.create_task(hold(turns, "b", order))
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(ZeroDivisionError):
        async with turns.turn("a"):
            _ = 1 / 0
    await hold(turns, "c", order)
    assert order == ["c"]


async def test_tenants_that_are_through_are_forgotten() -> None:
    turns = Turns(2)
    for number in range(100):
        async with turns.turn(f"team-{number}"):
            pass
    assert len(turns._tenants) <= 1
