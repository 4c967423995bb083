"""Real nodes pull from the sandbox's registry, also when it is started after them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.sandbox.conftest import IMAGE, small_image
from tests.e2e.sandbox.test_images import output, restricted
from tests.support.kube import Kube
from tests.support.sandbox import Sandbox

from aiapp_sandbox import cluster as sandboxes
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]


def push(archive: Path, reference: str, scratch: Path) -> None:
    """As a person does it: buildah, or any tool that speaks plain http when it is told to."""
    storage = [f"--root={scratch / 'layers'}", f"--runroot={scratch / 'run'}", "--storage-driver=vfs"]
    buildah = [shutil.which("buildah") or "buildah", *storage]
    environ = {**os.environ, "TMPDIR": str(scratch)}
    subprocess.run([*buildah, "pull", "--quiet", f"docker-archive:{archive}"], check=True, env=environ)
    subprocess.run([*buildah, "push", "--quiet", "--tls-verify=false", IMAGE, reference], check=True, env=environ)


def test_a_pod_runs_an_image_that_was_pushed_to_the_registry(
    cluster: Sandbox, nodes: Kube, space: str, tmp_path: Path
) -> None:
    registry = sandboxes.add_services(cluster.folder, ("registry",), os.environ, Silent()).services["registry"]
    reference = f"{registry.address}/team/small:1"
    push(small_image(tmp_path, host_architecture()), f"docker://{reference}", tmp_path)
    pod = restricted("pulled", space, "host", reference, imagePullPolicy="Always", command=["echo", "pulled"])
    pod["spec"]["securityContext"]["runAsUser"] = 1000
    assert output(cluster, nodes, pod) == "pulled\n"
