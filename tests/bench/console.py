"""What the web console costs: a list of many versions, and pages that are open.

API server, etcd and console are real; people have the rights of `view`. CPU is what counts: wall time on a shared
machine is an upper bound only.
"""

import asyncio
import gzip
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
from tests.bench.controlplane import control_plane
from tests.bench.report import Figure, report
from tests.bench.usage import resident_mib, usage
from tests.support import documents
from tests.support.accounts import person
from tests.support.bulk import Call, create, send
from tests.support.console import Fields
from tests.support.console_process import RunningConsole, aggregated, console, for_users
from tests.support.kube import Kube
from tests.support.operator import install
from tests.support.records import NORMAL
from tests.support.sandbox import Sandbox

VERSIONS = 1_000
EACH = 10
"""Versions of one application."""
VIEWERS = 50
OF_ONE = 10
"""Live pages of one person."""
ROUNDS = 20
CHANGES = 30
NAMESPACE = "bench"


@dataclass(frozen=True)
class Bench:
    """A console on a cluster that has the versions."""

    kube: Kube
    running: RunningConsole

    @property
    def cpu(self) -> float:
        """Seconds that the console has used so far."""
        return usage(self.running.process.pid).operator

    @property
    def mib(self) -> float:
        """Memory that it occupies."""
        return resident_mib(self.running.process.pid)


def run() -> None:
    """Measure; prints and writes the figures."""
    with control_plane("console") as sandbox, tempfile.TemporaryDirectory() as folder:
        measure(sandbox, Path(folder))


def measure(sandbox: Sandbox, folder: Path) -> None:
    """On a control plane that has nothing yet."""
    kube = Kube(sandbox.kubeconfig)
    install(kube)
    _fill(kube)
    for role in ("view", "edit"):
        aggregated(kube, role, "aiapp.dev")
    tokens = [person(kube, NAMESPACE, f"viewer-{number}", "view") for number in range(VIEWERS // OF_ONE)]
    with console(folder, *for_users(sandbox.kubeconfig, folder)) as running:
        report("console", asyncio.run(_measured(Bench(kube, running), tokens)))


def _fill(kube: Kube) -> None:
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    names = [(f"app-{place // EACH:03}", f"1.{place % EACH}.0") for place in range(VERSIONS)]
    applications = [documents.application(name) for name in dict.fromkeys(name for name, _ in names)]
    versions = [documents.version(name, number) for name, number in names]
    kinds = [kube.path("aiapp.dev/v1alpha1", kind, NAMESPACE) for kind in ("AIApplication", "AIApplicationVersion")]
    send(kube, create(kinds[0], applications))
    send(kube, create(kinds[1], versions))
    send(kube, (Call("PATCH", f"{kinds[1]}/{one['metadata']['name']}/status", {"status": NORMAL}) for one in versions))


async def _measured(bench: Bench, tokens: list[str]) -> list[Figure]:
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(_person(bench.running.base)) for _ in tokens]
        for session, token in zip(people, tokens, strict=True):
            await _login(session, token)
        return [*await _list(bench, people[0]), *await _viewers(bench, people)]


def _person(base: str) -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=base)
    return aiohttp.ClientSession(base, cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0))


async def _login(session: aiohttp.ClientSession, token: str) -> None:
    async with session.get("/login") as shown:
        mark = Fields(await shown.text()).found["mark"]
    async with session.post("/login", data={"mark": mark, "token": token}, allow_redirects=False) as answer:
        assert answer.status == 303


async def _list(bench: Bench, session: aiohttp.ClientSession) -> list[Figure]:
    spent: list[float] = []
    size = 0
    for path in [f"/n/{NAMESPACE}/", f"/n/{NAMESPACE}/?sort=created&order=descending&phase=Normal"] * (ROUNDS // 2):
        before = bench.cpu
        async with session.get(path) as answer:
            text = await answer.text()
        assert "app-0" in text
        spent.append(bench.cpu - before)
        size = len(gzip.compress(text.encode()))
    return [
        Figure(f"list of {VERSIONS} versions, CPU", "ms", round(median(spent) * 1000)),
        Figure("the most of these", "ms", round(max(spent) * 1000)),
        Figure("its page, compressed", "KiB", round(size / 1024, 1)),
        Figure("memory afterwards", "MiB", round(bench.mib, 1)),
    ]


async def _viewers(bench: Bench, people: list[aiohttp.ClientSession]) -> list[Figure]:
    before = bench.mib
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(session.get(f"/n/{NAMESPACE}/live"))
            for session in people
            for _ in range(OF_ONE)
        ]
        words = await asyncio.gather(*(_word(stream) for stream in streams))
        assert len(words) == VIEWERS
        opened, spent = bench.mib, bench.cpu
        for number in range(CHANGES):
            await asyncio.to_thread(_change, bench.kube, number)
            await asyncio.gather(*(_word(stream) for stream in streams))
        used = bench.cpu - spent
        return [
            Figure(f"memory with {VIEWERS} live pages", "MiB", round(opened, 1)),
            Figure("of that each of them", "KiB", round((opened - before) * 1024 / VIEWERS)),
            Figure(f"memory after {CHANGES} changes that all were told", "MiB", round(bench.mib, 1)),
            Figure("CPU of one change, told to all", "ms", round(used * 1000 / CHANGES)),
        ]


async def _word(stream: aiohttp.ClientResponse) -> bytes:
    """The next word that something changed."""
    async for line in stream.content:
        if line == b"event: changed\n":
            return line
    raise AssertionError("the stream has ended")


def _change(kube: Kube, number: int) -> None:
    """Labels one version anew."""
    version = documents.version("app-000", "1.0.0")
    version["metadata"]["namespace"] = NAMESPACE
    kube.patch(version, {"metadata": {"labels": {"change": str(number)}}})
