"""Names are looked up on few threads, and nobody waits longer than is allowed."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.engine import settles

from aiapp.adapters.endpoints import resolver
from aiapp.adapters.endpoints.resolver import Resolver

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]


class Names:
    """A name server; those below `dead.test` get no answer until `released`."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[str] = []

    def __call__(self, name: str, *_: Any, **__: Any) -> Any:
        self.asked.append(name)
        if name.endswith("dead.test"):
            self.released.wait(60)
        if name == "absent.test":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        if name == "strange.test":
            raise UnicodeError("label too long")
        return FOUND


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.released.set()


async def test_addresses_are_what_the_system_says(names: Names) -> None:
    assert await Resolver(60).addresses("store.test", 443) == FOUND


@pytest.mark.parametrize("name", ["absent.test", "strange.test"])
async def test_a_name_that_cannot_be_looked_up_has_none(names: Names, name: str) -> None:
    with pytest.raises(socket.gaierror):
        await Resolver(60).addresses(name, 443)


async def test_a_name_server_that_does_not_answer_is_not_waited_for(names: Names) -> None:
    with pytest.raises(socket.gaierror, match="no answer in"):
        await Resolver(0.01).addresses("store.dead.test", 443)


async def test_dead_names_of_one_domain_do_not_take_all_threads(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MAX_LOOKUPS_OF_DOMAIN", 2)
    made = Resolver(60)
    waiting = [asyncio.create_task(made.addresses(f"{number}.dead.test", 443)) for number in range(4)]
    await settles(lambda: len(names.asked) == 2)
    assert await made.addresses("store.test", 443) == FOUND
    names.released.set()
    assert await asyncio.gather(*waiting) == [FOUND] * 4


async def test_a_lookup_that_nobody_waits_for_keeps_its_thread_until_the_system_gives_up(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "MAX_LOOKUPS", 1)
    made = Resolver(60)
    left = asyncio.create_task(made.addresses("store.dead.test", 443))
    await settles(lambda: bool(names.asked))
    left.cancel()
    waiting = asyncio.create_task(made.addresses("store.test", 443))
    with pytest.raises(asyncio.CancelledError):
        await left
    assert names.asked == ["store.dead.test"]
    names.released.set()
    assert await waiting == FOUND
