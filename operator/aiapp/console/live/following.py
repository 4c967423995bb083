"""That something changed, not what: nothing of the objects is kept, however many there are."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserApi

NOTHING: Final = "metadata.name=0"
"""A list of these has no items, unless somebody calls an object so; its resourceVersion is where a watch begins."""
AGAIN: Final = frozenset({0, 410, 500, 503, 504})
"""Ends of a watch after which another one is begun."""
PAUSE_SECONDS: Final = 1.0
"""Between two looks, and before another watch is begun."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Objects of one kind: of one namespace or of all, of one name or of any."""

    resource: Resource
    namespace: str | None
    name: str | None = None

    @property
    def fields(self) -> str:
        return f"metadata.name={self.name}" if self.name else ""


async def changes(api: UserApi, followed: Sequence[Followed], silence: float) -> AsyncGenerator[bool, None]:
    """True once all is followed and whenever something changed, at most once a second; False after a silence so long.

    Raises `ApiError` if the user may not watch them.
    """
    news, ended = asyncio.Event(), asyncio.get_running_loop().create_future()
    with _running(api, followed, news, ended):
        while True:
            yield await _happened(news, ended, silence)
            await asyncio.sleep(PAUSE_SECONDS)


async def _happened(news: asyncio.Event, ended: "asyncio.Future[None]", silence: float) -> bool:
    waiting = asyncio.ensure_future(news.wait())
    either: set[asyncio.Future[Any]] = {waiting, ended}
    try:
        await asyncio.wait(either, timeout=silence, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if ended.done():
        ended.result()
    happened = news.is_set()
    news.clear()
    return happened


@contextmanager
def _running(
    api: UserApi, followed: Sequence[Followed], news: asyncio.Event, ended: "asyncio.Future[None]"
) -> Iterator[None]:
    tasks = [asyncio.ensure_future(_follow(api, one, news, ended)) for one in followed]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _follow(api: UserApi, kind: Followed, news: asyncio.Event, ended: "asyncio.Future[None]") -> None:
    resource = replace(kind.resource, metadata_only=True)
    while not ended.done():
        try:
            begun = await api.list(resource, namespace=kind.namespace, fields=NOTHING)
            news.set()  # what changed until here is not in the watch: whoever looks again now has seen it
            watch = api.watch(
                resource, namespace=kind.namespace, fields=kind.fields, resource_version=begun.resource_version
            )
            async for event in watch:
                if event.type != "BOOKMARK":
                    news.set()
        except ApiError as error:
            if error.status not in AGAIN:
                _end(ended, error)
                return
        await asyncio.sleep(PAUSE_SECONDS)


def _end(ended: "asyncio.Future[None]", error: ApiError) -> None:
    if not ended.done():
        ended.set_exception(error)
