"""The operator's parts: run, told of when they are not well, and let work only when they may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from tests.support.engine import settles

from aiapp.controller.manager import Manager, Runnable


@dataclass
class Part:
    """Runs until it is cancelled, or ends as the test says."""

    runs: int = 0
    running: bool = False
    end: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    async def run(self) -> None:
        self.runs += 1
        self.running = True
        try:
            await self.end.wait()
        finally:
            self.running = False
        if self.error is not None:
            raise self.error


@dataclass
class Rig:
    """Nodes to be listed, CRDs that may block, watches that may be missing, and workers."""

    nodes: Part = field(default_factory=Part)
    workers: Part = field(default_factory=Part)
    synced: asyncio.Event = field(default_factory=asyncio.Event)
    blockers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    idle: float = 0.0
    leads: bool = True
    manager: Manager = field(init=False)

    def __post_init__(self) -> None:
        runnables = [
            Runnable(name="nodes", run=self.nodes.run, synced=self.synced, idleness=lambda: self.idle),
            Runnable(name="CRDs", run=Part().run, blockers=lambda: self.blockers),
            Runnable(name="watches", run=Part().run, complaints=lambda: self.complaints),
            Runnable(name="workers", run=self.workers.run, needs_leader=True),
        ]
        self.manager = Manager(runnables, leads=lambda: self.leads)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Manager]:
        """From when everything was seen."""
        self.manager.start()
        self.synced.set()
        try:
            await settles(lambda: self.workers.running)
            yield self.manager
        finally:
            await self.manager.stop()


async def test_work_begins_once_everything_was_seen() -> None:
    rig = Rig()
    rig.manager.start()
    await settles(lambda: rig.nodes.running)
    assert rig.manager.unready() == ["nodes are not listed yet"]
    assert not rig.workers.running
    rig.synced.set()
    await settles(lambda: rig.workers.running)
    assert rig.manager.unready() == []
    await rig.manager.stop()


async def test_what_blocks_work_stops_it_and_makes_the_operator_unready_until_it_is_gone() -> None:
    rig = Rig()
    async with rig.working() as manager:
        rig.blockers = ["CRD versions is not installed"]
        manager.review()
        await settles(lambda: not rig.workers.running)
        assert manager.unready() == rig.blockers
        assert rig.nodes.running
        rig.blockers = []
        manager.review()
        await settles(lambda: rig.workers.running)
        assert rig.workers.runs == 2


async def test_a_complaint_makes_the_operator_unready_and_stops_no_work() -> None:
    rig = Rig()
    async with rig.working() as manager:
        rig.complaints = ["versions are not watched"]
        manager.review()
        assert manager.unready() == rig.complaints
        assert manager.unhealthy() == []
        assert rig.workers.running


async def test_a_replica_that_does_not_lead_watches_is_ready_and_does_not_work() -> None:
    rig = Rig(leads=False)
    rig.manager.start()
    rig.synced.set()
    await settles(lambda: rig.nodes.running)
    assert rig.manager.unready() == []
    rig.leads = True
    rig.manager.review()
    await settles(lambda: rig.workers.running)
    rig.leads = False
    rig.manager.review()
    await settles(lambda: not rig.workers.running)
    await rig.manager.stop()


async def test_it_works_until_work_is_ended_and_not_only_while_the_lead_lasts() -> None:
    rig = Rig()
    async with rig.working() as manager:
        rig.leads = False
        assert manager.is_working  # the lead may be back before anybody looks: nothing may be missed meanwhile
        manager.review()
        await settles(lambda: not manager.is_working)
        assert not rig.workers.running
        rig.leads = True
        assert not manager.is_working
        manager.review()
        await settles(lambda: manager.is_working)


@pytest.mark.parametrize("error", [None, ValueError("broken")], ids=["in silence", "with an error"])
@pytest.mark.parametrize("part", ["nodes", "workers"])
async def test_a_part_that_ends_by_itself_ends_the_operator(part: str, error: Exception | None) -> None:
    rig = Rig()
    async with rig.working() as manager:
        ending: Part = getattr(rig, part)
        ending.error = error
        ending.end.set()
        async with asyncio.timeout(5):
            await manager.over.wait()
        assert manager.failed
        assert manager.unhealthy() == ["a part of the operator ended"]


async def test_a_part_that_is_stuck_makes_the_operator_unhealthy() -> None:
    rig = Rig()
    async with rig.working() as manager:
        rig.idle = 299.0
        assert manager.unhealthy() == []
        rig.idle = 301.0
        assert manager.unhealthy() == ["nodes are stuck for 301 s"]


async def test_stopping_ends_every_part_and_is_no_failure() -> None:
    rig = Rig()
    async with rig.working() as manager:
        pass
    assert manager.over.is_set()
    assert not manager.failed
    assert not rig.nodes.running
    assert not rig.workers.running
