"""The charts as publishers make them and clusters get them: packaged, signed, pushed, installed from a registry."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import yaml
from tests.support.helm import NAMESPACE, RELEASE, ROOT, Helm
from tests.support.kube import Kube
from tests.support.sandbox import Sandbox

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent

CHARTS: Final = ("aiapp-operator", "aiapp-operator-crds", "aiapp-runtimes")
OWNER: Final = "Platform team"
OTHER: Final = "Somebody else"
KEY_URL: Final = "https://example.com/charts.asc"


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    """A folder with a key that is thrown away, `secret.gpg` and `public.gpg`, and with another one, `other.gpg`."""
    if not shutil.which("gpg"):
        pytest.skip("there is no gpg here")
    # A short path, because the agent's socket is in it.
    with TemporaryDirectory(prefix="gpg") as folder:
        for owner in (OWNER, OTHER):
            gpg(folder, "--passphrase=", "--quick-generate-key", owner, "default", "default", "never")
        gpg(folder, f"--output={folder}/secret.gpg", "--export-secret-keys", OWNER)
        for name, owner in (("public", OWNER), ("other", OTHER)):
            gpg(folder, f"--output={folder}/{name}.gpg", "--export", owner)
        yield Path(folder)
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=True)


def gpg(home: str, *arguments: str) -> None:
    subprocess.run(["gpg", "--homedir", home, "--batch", "--quiet", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def packages(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the signed packages."""
    folder = tmp_path_factory.mktemp("packages")
    signing = [f"--key={OWNER}", f"--keyring={keys}/secret.gpg", f"--key-url={KEY_URL}"]
    command = [sys.executable, "-m", "charts.packages", str(folder), *signing, "--link=Source=https://example.com"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "GNUPGHOME": str(keys)}, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def address(own_cluster: Sandbox) -> str:
    """Of a registry, with a repository for charts."""
    registry = add_services(own_cluster.folder, ("registry",), os.environ, Silent()).services["registry"]
    return f"oci://{registry.address}/team/charts"


def package(folder: Path, chart: str) -> Path:
    [found] = folder.glob(f"{chart}-[0-9]*.tgz")
    return found


def annotations(package: Path, chart: str) -> dict[str, Any]:
    """Those that hold YAML, read."""
    with tarfile.open(package) as packed:
        file = packed.extractfile(f"{chart}/Chart.yaml")
        assert file
        about = yaml.safe_load(file)
    return {name: yaml.safe_load(text) for name, text in about["annotations"].items()}


@pytest.mark.parametrize("chart", CHARTS)
def test_a_package_tells_registries_what_changed_where_to_read_on_and_who_signed_it(chart: str, packages: Path) -> None:
    said = annotations(package(packages, chart), chart)
    assert {"kind": "added", "description": "Command line aiapp"} in said["artifacthub.io/changes"]
    assert said["artifacthub.io/links"] == [{"name": "Source", "url": "https://example.com"}]
    assert said["artifacthub.io/signKey"]["url"] == KEY_URL
    assert "artifacthub.io/prerelease" not in said


@pytest.mark.parametrize("chart", CHARTS)
def test_a_package_is_verified_by_the_key_that_it_names(chart: str, packages: Path, keys: Path, helm: Helm) -> None:
    verified = helm("verify", package(packages, chart), f"--keyring={keys}/public.gpg")
    fingerprint = annotations(package(packages, chart), chart)["artifacthub.io/signKey"]["fingerprint"]
    assert f"Using Key With Fingerprint: {fingerprint}" in verified.stdout + verified.stderr


def test_a_package_that_was_changed_is_refused(packages: Path, keys: Path, helm: Helm, tmp_path: Path) -> None:
    changed = Path(shutil.copy(package(packages, "aiapp-operator"), tmp_path))
    shutil.copy(f"{package(packages, 'aiapp-operator')}.prov", tmp_path)
    changed.write_bytes(changed.read_bytes() + b"more")
    done = helm("verify", changed, f"--keyring={keys}/public.gpg", check=False)
    assert done.returncode != 0
    assert "sha256 sum does not match" in done.stderr


def test_the_charts_are_installed_from_a_registry_if_their_signature_is_right(
    packages: Path, keys: Path, address: str, releases: Helm, own_kube: Kube
) -> None:
    for chart in CHARTS:
        releases("push", package(packages, chart), address, "--plain-http")
    command = ("install", RELEASE, f"{address}/aiapp-operator", f"--namespace={NAMESPACE}", "--create-namespace")
    fetched = ("--version=0.1.0", "--plain-http", "--verify", "--wait")
    refused = releases(*command, *fetched, f"--keyring={keys}/other.gpg", check=False)
    assert "unknown entity" in refused.stderr
    releases(*command, *fetched, f"--keyring={keys}/public.gpg")
    assert own_kube.get("apps/v1", "Deployment", RELEASE, NAMESPACE)["status"]["readyReplicas"] == 1
    releases("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--wait")
