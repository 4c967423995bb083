"""A repository, a real Argo CD that syncs from it, and the operator at work in the same cluster."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.integration.operator.conftest import registry, runtime_image
from tests.peers.gitops.content import Content
from tests.support.argocd import settings
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, package, upload
from tests.support.peers import argocd, kustomize_controller, module_folder
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.ports import reserved

__all__ = ["argocd", "kustomize_controller", "registry", "runtime_image"]

ARGOCD: Final = "argoproj.io/v1alpha1"
HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Repository:
    """A Git repository of one branch."""

    folder: Path

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def commit(self, files: Mapping[str, list[Object]]) -> None:
        """Make it hold exactly these files."""
        for old in self.folder.glob("*.yaml"):
            old.unlink()
        for name, objects in files.items():
            (self.folder / name).write_text(yaml.safe_dump_all(objects))
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", "change")

    def init(self) -> "Repository":
        self.folder.mkdir()
        self._git("init", "--quiet", "--initial-branch", "main")
        return self

    def _git(self, *arguments: str) -> None:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository").init()


@pytest.fixture
def content(registry: Registry) -> Content:
    """The bucket holds a sound package and a broken one."""
    upload(registry.bucket, "mnist", package())
    upload(registry.bucket, "broken", package(model__config_json="{}"))
    return Content(registry)


@dataclass(frozen=True)
class ArgoCd:
    """Argo CD, and what it says."""

    kube: Kube

    def sync(self, name: str, repository: Repository, namespace: str, *options: str) -> Object:
        """An Application that follows the repository."""
        spec = {
            "project": "default",
            "source": {"repoURL": repository.url, "targetRevision": "main", "path": "."},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": list(options)},
        }
        metadata = {"name": name, "namespace": "argocd"}
        return self.kube.create({"apiVersion": ARGOCD, "kind": "Application", "metadata": metadata, "spec": spec})

    def now(self, app: Object) -> Object:
        return self.kube.get(ARGOCD, "Application", app["metadata"]["name"], "argocd")

    def refresh(self, app: Object) -> None:
        """Have it look at the repository at once, and wait until it has."""
        key = "argocd.argoproj.io/refresh"
        self.kube.patch(app, {"metadata": {"annotations": {key: "hard"}}})
        eventually(lambda: key not in (self.now(app)["metadata"].get("annotations") or {}), timeout=60)

    def sync_once_more(self, app: Object) -> None:
        """Apply everything again, and wait until that is done."""
        before = self.now(app)["status"]["operationState"]["finishedAt"]
        self.kube.patch(app, {"operation": {"sync": {"revision": "main"}, "initiatedBy": {"username": "test"}}})

        def done() -> bool:
            state = self.now(app)["status"]["operationState"]
            return bool(state["phase"] == "Succeeded" and state.get("finishedAt", before) != before)

        eventually(done, timeout=60)

    def until(self, app: Object, sync: str, health: str) -> Object:
        """Wait for the state of the whole application; its status."""

        def reached() -> Object:
            status = self.now(app).get("status", {})
            found = (status.get("sync", {}).get("status"), status.get("health", {}).get("status"))
            assert found == (sync, health), json.dumps(status, indent=1)[-3000:]
            return dict(status)

        self.refresh(app)
        return eventually(reached, timeout=90)

    def of(self, app: Object, kind: str, name: str) -> Object:
        """How it shows one of our objects: health and message."""
        resources = self.now(app).get("status", {}).get("resources", [])
        return next(
            (dict(one.get("health", {})) for one in resources if (one["kind"], one["name"]) == (kind, name)), {}
        )


@pytest.fixture(scope="session")
def argo_cd(argocd: Path, sandbox: Sandbox, kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCd]:
    """Its repo server and its controller as processes, with our health checks."""
    if not (redis := shutil.which("redis-server")):
        pytest.skip("no redis-server: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("argocd")
    module = module_folder("argocd", "github.com/argoproj/argo-cd/v3")
    install(kube, module)
    _executable(module / "hack/git-verify-wrapper.sh", folder)
    with reserved(HOST, ("redis", "repo", "repo-metrics", "metrics")) as ports:
        pass
    common = [f"--redis={HOST}:{ports['redis']}", "--loglevel=warn"]
    commands = {
        "redis": [redis, "--port", str(ports["redis"]), "--bind", HOST, "--save", "", "--dir", str(folder)],
        "argocd-repo-server": [
            *common, f"--port={ports['repo']}", f"--metrics-port={ports['repo-metrics']}",
            "--disable-tls", "--client-ca-path=", "--revision-cache-expiration=2s",
        ],
        "argocd-application-controller": [
            *common, f"--repo-server={HOST}:{ports['repo']}", "--repo-server-plaintext", "--app-resync=5",
            f"--metrics-port={ports['metrics']}", "--namespace=argocd", f"--kubeconfig={sandbox.kubeconfig}",
            "--persist-resource-health",
        ],
    }  # fmt: skip
    with ExitStack() as running:
        for name, command in commands.items():
            if name.startswith("argocd"):
                (folder / name).symlink_to(argocd)
                command.insert(0, str(folder / name))
            running.enter_context(process(command, folder, sandbox.kubeconfig))
        yield ArgoCd(kube)


def _executable(script: Path, folder: Path) -> None:
    """Modules hold no executable files."""
    copy = folder / script.name
    copy.write_bytes(script.read_bytes())
    copy.chmod(0o755)


@contextmanager
def process(command: list[str], folder: Path, kubeconfig: Path) -> Iterator[None]:
    """A program that runs meanwhile, with the folder first in its PATH; its log is there too."""
    name = Path(command[0]).name
    environment = {
        **os.environ,
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "KUBECONFIG": str(kubeconfig),
        "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
        "TMPDIR": str(folder),
    }
    with (folder / f"{name}.log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            running.terminate()
            running.wait(30)


def install(kube: Kube, module: Path) -> None:
    """Its CRDs, its settings with our health checks, and the project of everybody."""
    for file in ("application-crd", "applicationset-crd", "appproject-crd"):
        crd = yaml.safe_load((module / f"manifests/crds/{file}.yaml").read_text())
        kube.apply(crd, force="true")
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
    labels = {"app.kubernetes.io/part-of": "argocd"}
    for name, kind, data in (
        ("argocd-cm", "ConfigMap", settings()),
        ("argocd-secret", "Secret", {"server.secretkey": "eA=="}),
    ):
        metadata = {"name": name, "namespace": "argocd", "labels": labels}
        kube.create({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    project = {"apiVersion": ARGOCD, "kind": "AppProject", "metadata": {"name": "default", "namespace": "argocd"}}
    eventually(lambda: _created(kube, project | {"spec": spec}))


def _created(kube: Kube, document: Object) -> Any:
    try:
        return kube.apply(document)
    except Exception as error:
        raise AssertionError(str(error)) from error
