"""`aiapp download`, as a person of the namespace types it: what was pinned comes, by that person's own rights."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.fault_proxy import NO_FAULT, Fault, fault_proxy
from tests.support.fetching import files_below
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.objectstore.keys import RESERVED

pytestmark = pytest.mark.usefixtures("operator")
SUMS = "".join(f"{hashlib.sha256(body).hexdigest()}  {path[6:]}\n" for path, body in package().items())
FILES = package() | {"model/SHA256SUMS": SUMS.encode()}
"""Whose digest is known at the import."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": "operator", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
Download = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def download(sandbox: Sandbox, namespace: str) -> Download:
    """`download("mnist-1.0.0", folder)`, in a process of its own; `kubeconfig`: of somebody else."""

    def run(*arguments: str | Path, kubeconfig: Path | None = None) -> subprocess.CompletedProcess[str]:
        place = ("--kubeconfig", str(kubeconfig or sandbox.kubeconfig), "-n", namespace)
        command = [sys.executable, "-m", "aiapp", "download", *map(str, arguments), *place]
        return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False)

    return run


def registered(registry: Registry, number: str = "1.0.0") -> Object:
    upload(registry.bucket, f"mnist/{number}", FILES)
    version = registry.version(number=number, obs={"uri": f"obs://{registry.bucket.name}/mnist/{number}/"})
    registry.until(version, "ArtifactPinned", "True")
    return registry.now(version)


def pinned_files(root: str = "model/") -> dict[str, bytes]:
    """The files below the package's root."""
    return {path.removeprefix(root): body for path, body in FILES.items()}


def test_a_package_comes_as_it_was_pinned_and_a_second_time_nothing_is_done(
    registry: Registry, download: Download, tmp_path: Path
) -> None:
    registered(registry)
    done = download("mnist-1.0.0", tmp_path / "mnist")
    assert done.returncode == 0, done.stderr
    assert files_below(tmp_path / "mnist") == pinned_files()
    assert "4 files" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mnist"]
    again = download("mnist-1.0.0", tmp_path / "mnist")
    assert (again.returncode, again.stdout) == (0, f"{tmp_path}/mnist holds this content already\n"), again.stderr


def complete(folder: Path) -> int:
    """How many files are complete of a download into that folder."""
    journals = folder.glob(f".mnist.*/package/{RESERVED}/journal.jsonl")
    return sum(len(journal.read_text().splitlines()) for journal in journals)


def test_a_download_that_is_killed_goes_on_where_it_was(
    registry: Registry, sandbox: Sandbox, tmp_path: Path, download: Download
) -> None:
    registered(registry)
    with fault_proxy(registry.bucket.endpoint) as proxy:
        proxy.rule = lambda request: Fault(stall_after=0) if "model.pkl" in request.target else NO_FAULT
        place = ("--kubeconfig", str(sandbox.kubeconfig), "-n", registry.namespace, "--endpoint", proxy.endpoint)
        command = [sys.executable, "-m", "aiapp", "download", "mnist-1.0.0", str(tmp_path / "mnist"), *place]
        with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as running:
            eventually(lambda: complete(tmp_path) == len(FILES) - 1)
            running.kill()
        assert not (tmp_path / "mnist").exists()
        proxy.rule = lambda _: NO_FAULT
        proxy.requests.clear()
        done = download("mnist-1.0.0", tmp_path / "mnist", "--endpoint", proxy.endpoint)
        assert done.returncode == 0, done.stderr
        assert [request.target.rpartition("/")[2] for request in proxy.gets] == ["model.pkl"]
    assert files_below(tmp_path / "mnist") == pinned_files()
    assert [path.name for path in tmp_path.iterdir()] == ["mnist"]


def test_a_package_that_a_template_composed_comes_from_the_cluster_and_the_store(
    registry: Registry, download: Download, tmp_path: Path
) -> None:
    upload(registry.bucket, "iris", {"model.pkl": b"weights"})
    version = registry.of_template("sklearn", {"model": "iris/"})
    registry.until(version, "ArtifactPinned", "True")
    done = download("mnist-1.0.0", tmp_path / "mnist")
    assert done.returncode == 0, done.stderr
    found = files_below(tmp_path / "mnist")
    assert found.keys() == {"config.json", "customize_service.py", "model.pkl"}
    assert found["model.pkl"] == b"weights"


def test_an_object_that_changed_since_ends_it_and_nothing_is_there(
    registry: Registry, download: Download, tmp_path: Path
) -> None:
    registered(registry)
    upload(registry.bucket, "mnist/1.0.0", {"model/model.pkl": b"other"})
    done = download("mnist-1.0.0", tmp_path / "mnist")
    assert done.returncode == 3
    assert "mnist/1.0.0/model/model.pkl" in done.stderr
    assert not (tmp_path / "mnist").exists()


def test_who_may_not_read_the_secret_is_told_so_and_may_bring_keys(
    registry: Registry, download: Download, tmp_path: Path, kube: Kube, sandbox: Sandbox
) -> None:
    registered(registry)
    reader = sandbox.service_account(registry.namespace, "default")
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": ["aiapp.dev"], "resources": ["aiapplicationversions"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
    ]
    metadata = {"name": "reader", "namespace": registry.namespace}
    kube.create({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": registry.namespace}
    reference = {"apiGroup": group, "kind": "Role", "name": "reader"}
    binding = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata}
    kube.create({**binding, "roleRef": reference, "subjects": [subject]})

    def refused() -> bool:
        done = download("mnist-1.0.0", tmp_path / "mnist", kubeconfig=reader)
        assert done.returncode == 1
        assert "you may not read Secret store" in done.stderr, done.stderr
        assert "--credentials" in done.stderr
        return True

    eventually(refused)
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "accessKeyId").write_text(registry.bucket.access_key)
    (keys / "secretAccessKey").write_text(registry.bucket.secret_key)
    done = download("mnist-1.0.0", tmp_path / "mnist", "--credentials", keys, kubeconfig=reader)
    assert done.returncode == 0, done.stderr
    assert registry.bucket.secret_key not in done.stdout + done.stderr


def test_a_version_that_does_not_exist_or_is_not_pinned_is_refused(
    registry: Registry, download: Download, tmp_path: Path
) -> None:
    assert "not found" in download("mnist-1.0.0", tmp_path / "mnist").stderr
    version = registry.version(obs={"uri": f"obs://{registry.bucket.name}/nothing/"})
    registry.until(version, "Ready", "False")
    assert "is not pinned yet" in download("mnist-1.0.0", tmp_path / "mnist").stderr
