"""kopf: start, stop, login, and a watch on our own kinds that fills the store. Never decides or writes anything."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import kopf
from typing_extensions import override

from aiapp.domain.kubernetes.resources import OWN, Resource
from aiapp.wiring import Engine

ERROR_BACKOFFS: Final = (1, 1, 2, 3, 5, 8, 13, 21)


@dataclass(frozen=True)
class Endless:
    """Backoffs that never run out, with jitter: an API server that is away for long must not end the operator."""

    seconds: tuple[float, ...] = ERROR_BACKOFFS
    jitter: Callable[[], float] = random.random

    def __iter__(self) -> Iterator[float]:
        for seconds in self.seconds:
            yield self._spread(seconds)
        while True:
            yield self._spread(self.seconds[-1])

    def _spread(self, seconds: float) -> float:
        return seconds * (0.75 + self.jitter() / 2)


class NoDifferences(kopf.DiffBaseStorage):
    """Keeps kopf from copying every object for a comparison that event handlers have no use for."""

    @override
    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> Any:
        return {}

    @override
    def fetch(self, *, body: kopf.Body) -> None:
        return None

    @override
    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: Any) -> None:
        return


async def run(make: Callable[[], Engine], host: str, port: int) -> bool:
    """The operator, until SIGTERM or SIGINT. Whether it ended as it should.

    Raises `NoClusterError` at the start, and whatever kopf cannot live with later: the process then ends and is
    started anew, all state is in the API.
    """
    engine = make()
    await kopf.operator(
        registry=_registry(engine, host, port),
        settings=_settings(),
        clusterwide=True,
        standalone=True,
        stop_flag=engine.over,
    )
    return not engine.failed


def _registry(engine: Engine, host: str, port: int) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.startup(registry=registry, id="start")
    async def start(**_: Any) -> None:
        await engine.start(host, port)

    @kopf.on.cleanup(registry=registry, id="stop")
    async def stop(**_: Any) -> None:
        await engine.stop()

    pauses = _pauses()

    @kopf.on.login(registry=registry, id="login")
    async def login(**_: Any) -> kopf.AiohttpSession:
        await asyncio.sleep(next(pauses))
        return kopf.AiohttpSession(server=engine.credentials.server, aiohttp_session=engine.new_session())

    for resource in OWN:
        _watch(registry, engine, resource)
    return registry


def _watch(registry: kopf.OperatorRegistry, engine: Engine, resource: Resource) -> None:
    @kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=f"seen-{resource.plural}")
    async def seen(event: Any, **_: Any) -> None:
        engine.seen(resource, event["type"], event["object"])


def _pauses() -> Iterator[float]:
    """Seconds before each login: none before the first. The session itself has tried fresh credentials before that."""
    yield 0.0
    yield from Endless()


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.posting.loggers = False
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = Endless()
    settings.networking.enforce_retry_after = True
    settings.watching.server_timeout = 300
    settings.watching.connect_timeout = 10
    settings.watching.reconnect_backoff = 1
    settings.watching.chunk_size = 500
    settings.queueing.error_delays = ERROR_BACKOFFS
    settings.queueing.exit_timeout = 2
    settings.process.ultimate_exiting_timeout = 10
    settings.persistence.diffbase_storage = NoDifferences()
    return settings
