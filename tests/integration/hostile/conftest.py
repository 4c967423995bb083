"""The operator in a control group of its manifest's memory limit, beside one namespace that does its worst."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support import hostile_store, hostile_tenant
from tests.support.kube import Kube, Object
from tests.support.memory_cgroup import MemoryCgroup, memory_cgroup, memory_limit, missing
from tests.support.operator import ROOT, Operator, running_operator
from tests.support.own_sandbox import installed, kube, s3, sandbox
from tests.support.packages import IMAGE, RUNTIME, Registry, keys, package, upload
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually

__all__ = ["installed", "kube", "s3", "sandbox"]

MANIFEST = ROOT / "manifests/install/deployment.yaml"
HOSTILE = "hostile"
ACCOUNT = "tenant"
LAUNCH = 'echo $$ > "$1" && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"'
"""Become a member of a control group, ask another name server, and go on as the command that follows."""
MADE_SECONDS = 120


@pytest.fixture(scope="module")
def cgroup() -> Iterator[MemoryCgroup]:
    """With the limit that the manifest gives the operator."""
    if os.geteuid() != 0:
        pytest.skip("control groups and name servers need root")
    if reason := missing():
        pytest.skip(reason)
    with memory_cgroup(memory_limit(MANIFEST)) as made:
        yield made


@pytest.fixture(scope="module")
def name_server() -> str:
    """An address of this process alone, as the port of name servers cannot be chosen."""
    return f"127.1.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


@pytest.fixture(scope="module")
def store_port(name_server: str) -> Iterator[int]:
    """Of the hostile store."""
    with _started(hostile_store.__name__, name_server) as (process, first):
        yield int(first)
        assert process.poll() is None


@pytest.fixture(scope="module")
def operator(
    sandbox: Sandbox,
    installed: None,
    tmp_path_factory: pytest.TempPathFactory,
    cgroup: MemoryCgroup,
    name_server: str,
    store_port: int,
) -> Iterator[Operator]:
    resolv = tmp_path_factory.mktemp("names") / "resolv.conf"
    resolv.write_text(f"nameserver {name_server}\n")
    launcher = ("unshare", "--mount", "sh", "-c", LAUNCH, "sh", str(cgroup.members), str(resolv))
    variables = {"MALLOC_ARENA_MAX": _manifest_variable("MALLOC_ARENA_MAX")}
    with running_operator(sandbox, tmp_path_factory, variables, launcher) as running:
        yield running


@pytest.fixture
def tenant(kube: Kube, sandbox: Sandbox, operator: Operator, store_port: int) -> Iterator[str]:
    """A namespace whose owner has begun to do everything at once; its name."""
    _namespace(kube)
    config = sandbox.service_account(HOSTILE, ACCOUNT)
    with _started(hostile_tenant.__name__, str(config), HOSTILE, str(store_port)) as (process, first):
        assert first == hostile_tenant.READY
        for pod in kube.list("v1", "Pod", HOSTILE):
            kube.patch_status(pod, _odd_status())
        yield HOSTILE
        assert process.poll() is None


@pytest.fixture
def team(kube: Kube, namespace: str, bucket: Bucket, operator: Operator) -> Registry:
    """Another namespace, with a sound package, keys and a runtime that has an image."""
    kube.patch(kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", RUNTIME), {"spec": {"image": IMAGE}})
    kube.create(keys(bucket, namespace))
    upload(bucket, "mnist", package())
    return Registry(kube, namespace, bucket)


def _namespace(kube: Kube) -> None:
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOSTILE}})
    kube.create(_object("v1", "ServiceAccount", ACCOUNT))
    eventually(lambda: kube.find("v1", "ServiceAccount", "default", HOSTILE))
    kube.create(_object("v1", "ResourceQuota", "few", spec={"hard": {"count/deployments.apps": "3"}}))
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": HOSTILE}
    for role in ("edit", "aiapp-edit", "aiapp-view"):
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        kube.create(_object("rbac.authorization.k8s.io/v1", "RoleBinding", role, roleRef=reference, subjects=[subject]))


def _object(api_version: str, kind: str, name: str, **fields: object) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": HOSTILE}, **fields}


def _odd_status() -> Object:
    """As a kubelet passes on what containers wrote."""
    ended = {"terminated": {"exitCode": 1, "message": "[" * 4000, "reason": "\x1b[2J" * 50}}
    container = {"image": "x", "imageID": "", "name": "main", "ready": False, "restartCount": 9, "lastState": ended}
    return {"phase": "Running", "message": "\u202e" * 4000, "containerStatuses": [container]}


def _manifest_variable(name: str) -> str:
    found = re.search(rf'name: {name}\n\s+value: "(.*)"', MANIFEST.read_text())
    assert found is not None
    return found[1]


@contextmanager
def _started(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A module as a process, which is killed afterwards, and the first line that it printed."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=Path(ROOT)) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
