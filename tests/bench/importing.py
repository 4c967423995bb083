"""What a package of 100,000 objects costs the operator: memory, CPU, and how long its event loop is kept.

API server and operator are real; the store is a process of its own that makes its objects up as they are listed. While
the operator works, its health is asked for again and again; the bench's own sleeps beside that tell how late
everything is on a busy machine.
"""

import http.client
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.controlplane import control_plane
from tests.bench.report import Figure, report
from tests.bench.usage import peak_mib, reset_peak, resident_mib, usage
from tests.support.kube import Kube, Object
from tests.support.listing_server import BigPackage, listing_server
from tests.support.operator import SERVICE_ACCOUNT, Operator, install
from tests.support.packages import package, secret
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION

OBJECTS = 100_000
VERSION_ID_CHARACTERS = 32
NAMESPACE = "bench"
LIMIT_SECONDS = 900.0
PROBE_SECONDS = 0.02
REST_SECONDS = 10.0


@dataclass
class Lateness:
    """Longest answers to probes, and longest delays of sleeps meanwhile, in seconds."""

    answers: float = 0.0
    sleeps: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self, address: str) -> None:
        """Until `over`."""
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        while not self.over.is_set():
            asked = time.monotonic()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            answered = time.monotonic()
            time.sleep(PROBE_SECONDS)
            self.answers = max(self.answers, answered - asked)
            self.sleeps = max(self.sleeps, time.monotonic() - answered - PROBE_SECONDS)
        connection.close()


@dataclass(frozen=True, slots=True)
class Bench:
    """The operator at work on versions of a made-up store."""

    kube: Kube
    operator: Operator

    @property
    def pid(self) -> int:
        assert self.operator.process is not None
        return self.operator.process.pid

    def register(self, name: str, endpoint: str) -> Object:
        """A version of the package at that endpoint."""
        obs = {"uri": "obs://models/big/", "endpoint": endpoint, "credentialsSecretRef": {"name": "store"}}
        metadata = {"name": f"{name}-1.0.0", "namespace": NAMESPACE}
        spec = {"application": name, "version": "1.0.0", "source": {"obs": obs}}
        return self.kube.create(
            {"apiVersion": GROUP_VERSION, "kind": "AIApplicationVersion", "metadata": metadata, "spec": spec}
        )

    def now(self, version: Object) -> Object:
        """As the API server has it."""
        return self.kube.get(GROUP_VERSION, version["kind"], version["metadata"]["name"], NAMESPACE)

    def until(self, version: Object, type_: str) -> None:
        """The condition is True."""

        def holds() -> bool:
            found = {c["type"]: c for c in self.now(version).get("status", {}).get("conditions", ())}
            assert found.get(type_, {}).get("status") == "True", found
            return True

        eventually(holds, timeout=LIMIT_SECONDS)

    def measured(self, what: str, work: Callable[[], None]) -> Iterator[Figure]:
        """`work`, and what it cost."""
        idle, before, began = resident_mib(self.pid), usage(self.pid), time.monotonic()
        reset_peak(self.pid)
        with _lateness(self.operator) as late:
            work()
        seconds, used, peak = time.monotonic() - began, usage(self.pid) - before, peak_mib(self.pid)
        time.sleep(REST_SECONDS)
        yield Figure(f"{what}: until it is told", "s", seconds)
        yield Figure(f"{what}: CPU of the operator", "s", used.operator)
        yield Figure(f"{what}: most memory over idle", "MiB", peak - idle)
        yield Figure(f"{what}: memory over idle {REST_SECONDS:g} s later", "MiB", resident_mib(self.pid) - idle)
        yield Figure(
            f"{what}: longest answer to a probe",
            "ms",
            late.answers * 1e3,
            "longest delay of a sleep",
            late.sleeps * 1e3,
        )


def run() -> None:
    """Measures, prints and writes the figures."""
    with control_plane("importing") as sandbox, tempfile.TemporaryDirectory() as folder, _stores() as (small, large):
        kube = Kube(sandbox.kubeconfig)
        install(kube)
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        kube.create(secret("store", NAMESPACE, accessKeyId="key", secretAccessKey="secret"))
        operator = Operator(sandbox.service_account(*SERVICE_ACCOUNT), Path(folder) / "operator.log").start()
        try:
            report("importing", list(_figures(Bench(kube, operator), small, large)))
        finally:
            operator.stop()


def _figures(bench: Bench, small: str, large: str) -> Iterator[Figure]:
    bench.until(bench.register("small", small), "ArtifactPinned")
    time.sleep(REST_SECONDS)
    yield Figure("resident memory after the import of a small package", "MiB", resident_mib(bench.pid))
    what = f"import of {OBJECTS:,} objects"
    yield from bench.measured(what, lambda: bench.until(bench.register("large", large), "ArtifactPinned"))
    again = bench.register("again", large)
    yield from bench.measured(f"{what} once more", lambda: bench.until(again, "ArtifactPinned"))
    request = {"metadata": {"annotations": {"aiapp.dev/reconcile-at": "now"}}}

    def answered() -> bool:
        return bool(bench.now(again)["status"].get("lastHandledReconcileAt") == "now")

    def look() -> None:
        bench.kube.patch(again, request)
        eventually(answered, timeout=LIMIT_SECONDS)

    yield from bench.measured(f"look at {OBJECTS:,} objects", look)


@contextmanager
def _lateness(operator: Operator) -> Iterator[Lateness]:
    late = Lateness()
    probing = threading.Thread(target=late.watch, args=(operator.address(),), daemon=True)
    probing.start()
    try:
        yield late
    finally:
        late.over.set()
        probing.join(60)


@contextmanager
def _stores() -> Iterator[tuple[str, str]]:
    """Endpoints of a store with a small package and of one with a large one, in a process of their own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("over")
        process.join(10)


def _serve(connection: Connection) -> None:
    large = BigPackage(OBJECTS, package(), version_id_characters=VERSION_ID_CHARACTERS)
    with listing_server(BigPackage(10, package())) as few, listing_server(large) as many:
        connection.send((few, many))
        connection.recv()
