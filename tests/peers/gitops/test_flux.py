"""A real kustomize-controller of Flux, which waits for versions and applications by kstatus."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from click.testing import CliRunner
from tests.peers.gitops.conftest import HOST, process
from tests.peers.gitops.content import Content, state
from tests.support.kube import ApiError, Kube, Object
from tests.support.packages import Registry
from tests.support.peers import module_folder
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp.cli import main
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.profiles import SimulatedNode

pytestmark = pytest.mark.timeout(1200)  # the peer may have to be built

SYSTEM = "flux-system"
SOURCE = "source.toolkit.fluxcd.io/v1"
KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1"


@dataclass
class Flux:
    """The controller, and a folder that is its source of everything."""

    kube: Kube
    folder: Path
    address: str
    made: list[Object] = field(default_factory=list)

    def publish(self, name: str, files: dict[str, list[Object]]) -> str:
        """Make these files the content of a source; their revision."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            for path, objects in files.items():
                data = yaml.safe_dump_all(objects).encode()
                info = tarfile.TarInfo(path)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        digest = hashlib.sha256(content.getvalue()).hexdigest()
        (self.folder / f"{digest}.tar.gz").write_bytes(content.getvalue())
        source = self._apply(SOURCE, "ExternalArtifact", name, {})
        artifact = {
            "url": f"{self.address}/{digest}.tar.gz",
            "path": f"{digest}.tar.gz",
            "digest": f"sha256:{digest}",
            "revision": f"main@sha256:{digest}",
            "lastUpdateTime": "2026-01-02T03:04:05Z",
        }
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "x",
            "message": "",
            "lastTransitionTime": artifact["lastUpdateTime"],
        }
        self.kube.patch_status(source, {"artifact": artifact, "conditions": [ready]})
        return artifact["revision"]

    def follow(self, name: str, *, timeout: str = "60s") -> Object:
        """A Kustomization that applies the source, prunes and waits."""
        spec = {
            "interval": "1h",
            "retryInterval": "2s",
            "path": "./",
            "prune": True,
            "wait": True,
            "timeout": timeout,
            "sourceRef": {"kind": "ExternalArtifact", "name": name},
        }
        return self._apply(KUSTOMIZATION, "Kustomization", name, spec)

    def until(self, obj: Object, status: str, reason: str, revision: str) -> str:
        """Wait for the outcome of that revision; the message."""

        def reached() -> str:
            found = self.kube.get(KUSTOMIZATION, "Kustomization", obj["metadata"]["name"], SYSTEM).get("status", {})
            ready: Object = next((one for one in found.get("conditions", ()) if one["type"] == "Ready"), {})
            assert (ready.get("status"), ready.get("reason")) == (status, reason), found
            assert found.get("lastAttemptedRevision") == revision, found
            return str(ready["message"])

        return eventually(reached, timeout=90)

    def _apply(self, api_version: str, kind: str, name: str, spec: Object) -> Object:
        metadata = {"name": name, "namespace": SYSTEM}
        made = self.kube.apply({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
        self.made.append(made)
        return made


@pytest.fixture
def flux(kustomize_controller: Path, sandbox: Sandbox, kube: Kube, tmp_path: Path) -> Iterator[Flux]:
    """It runs as a process beside a web server with the sources."""
    for name, module in (("flux", "kustomize-controller"), ("source-controller", "source-controller")):
        for crd in (module_folder(name, f"github.com/fluxcd/{module}") / "config/crd/bases").glob("*.yaml"):
            kube.apply(yaml.safe_load(crd.read_text()), force="true")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
    eventually(lambda: _served(kube))
    with reserved(HOST, ("metrics", "health")) as ports:
        pass
    command = [
        str(kustomize_controller),
        f"--metrics-addr={HOST}:{ports['metrics']}",
        f"--health-addr={HOST}:{ports['health']}",
        "--feature-gates=ExternalArtifact=true",
        "--requeue-dependency=2s",
        "--log-level=error",
    ]
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with process(command, tmp_path, sandbox.kubeconfig):
            running = Flux(kube, tmp_path, f"http://{HOST}:{server.server_port}")
            yield running
            for one in {one["kind"] + one["metadata"]["name"]: one for one in reversed(running.made)}.values():
                kube.delete(one)
            eventually(lambda: not kube.list(KUSTOMIZATION, "Kustomization", SYSTEM), timeout=60)
        server.shutdown()


def _served(kube: Kube) -> bool:
    try:
        kube.list(SOURCE, "ExternalArtifact", SYSTEM)
        kube.list(KUSTOMIZATION, "Kustomization", SYSTEM)
    except (ApiError, KeyError) as error:
        raise AssertionError(str(error)) from error
    return True


def test_it_waits_until_versions_are_normal_and_applications_have_their_pods(
    flux: Flux, content: Content, registry: Registry, sandbox: Sandbox
) -> None:
    revision = flux.publish("models", content.of("1.0.0", replicas=1))
    kustomization = flux.follow("models")
    eventually(lambda: registry.find(GROUP_VERSION, "AIApplication", "mnist"), timeout=60)
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    eventually(lambda: registry.condition(application, "Ready")["reason"] == "Unschedulable", timeout=60)
    flux.until(kustomization, "Unknown", "Progressing", revision)
    with sandbox.simulated(SimulatedNode(name="cpu")):
        flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
        assert registry.condition(application, "Ready")["status"] == "True"


def test_a_version_that_nobody_but_a_person_can_mend_fails_at_once_and_not_at_the_timeout(
    flux: Flux, content: Content
) -> None:
    files = {"secret.yaml": content.of("1.0.0")["secret.yaml"], "version.yaml": [content.version("1.0.0", "broken")]}
    revision = flux.publish("broken", files)
    message = flux.until(flux.follow("broken", timeout="10m"), "False", "HealthCheckFailed", revision)
    assert "AIApplicationVersion" in message
    assert "status: 'Failed'" in message


def test_the_same_commit_again_writes_nothing_and_a_version_that_leaves_is_pruned(
    flux: Flux, content: Content, registry: Registry
) -> None:
    both = {name: objects for name, objects in content.of("1.0.0", "1.1.0").items() if name != "application.yaml"}
    revision = flux.publish("versions", both)
    kustomization = flux.follow("versions")
    flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
    before = state(registry)
    for token in ("once more", "and again"):
        registry.kube.patch(kustomization, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}})

        def handled(token: str = token) -> bool:
            now = registry.kube.get(KUSTOMIZATION, "Kustomization", "versions", SYSTEM)
            return bool(now["status"].get("lastHandledReconcileAt") == token)

        eventually(handled, timeout=60)
        flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
    assert state(registry) == before
    both["versions.yaml"].pop(0)
    revision = flux.publish("versions", both)
    flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
    eventually(lambda: registry.find(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0") is None)


def test_a_rollback_by_command_holds_until_the_same_is_committed(
    flux: Flux, content: Content, registry: Registry, sandbox: Sandbox
) -> None:
    flux.publish("rollback", content.of("1.0.0", replicas=0))
    kustomization = flux.follow("rollback")
    succeeded(registry, 1)
    upgraded = content.of("1.0.0", "1.1.0", replicas=0)
    revision = flux.publish("rollback", upgraded)
    flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
    succeeded(registry, 2)
    options = ["--kubeconfig", str(sandbox.kubeconfig), "-n", registry.namespace]
    done = CliRunner().invoke(main, ["rollback", "mnist", *options])
    assert "note: kustomize-controller wrote what it asks for now" in done.stderr
    succeeded(registry, 3)
    registry.kube.patch(kustomization, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "again"}}})
    assert "each needs a weight" in flux.until(kustomization, "False", "ReconciliationFailed", revision)
    assert served(registry) == ["1.0.0"]
    back = upgraded | {"application.yaml": content.of("1.0.0", replicas=0)["application.yaml"]}
    for files, number in ((back, "1.0.0"), (upgraded, "1.1.0")):
        revision = flux.publish("rollback", files)
        flux.until(kustomization, "True", "ReconciliationSucceeded", revision)
        assert served(registry) == [number]


def served(registry: Registry) -> list[str]:
    """The versions that the application is to serve."""
    now = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    return [one["version"] for one in now["spec"]["serving"]["versions"]]


def succeeded(registry: Registry, revision: int) -> None:
    """Wait until that configuration is the newest and has succeeded."""

    def is_newest() -> bool:
        now = registry.find(GROUP_VERSION, "AIApplication", "mnist")
        found: Object = ((now or {}).get("status", {}).get("history") or [{}])[0]
        return (found.get("revision"), found.get("outcome")) == (revision, "Succeeded")

    eventually(is_newest, timeout=60)
