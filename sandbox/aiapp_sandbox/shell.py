"""What a shell needs to use a sandbox, as environment variables. Never changes anything."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from aiapp_sandbox.state import Folder, Record
from aiapp_sandbox.storage import REGION


def variables(folder: Folder, record: Record, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables by name; PATH only when one of its programs would not be found, or another one would."""
    found = {
        "KUBECONFIG": str(folder.kubeconfig),
        # Goes with the sandbox, not into the home folder.
        "KUBECACHEDIR": str(folder.path / "kubectl"),
    }
    if path := search_path(record.binaries["kubectl"], environ.get("PATH", "")):
        found["PATH"] = path
    if s3 := record.services.get("s3"):
        found |= {"AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key}
        found |= {"AWS_DEFAULT_REGION": REGION, "ENDPOINT": s3.endpoint}
    if registry := record.services.get("registry"):
        found["REGISTRY"] = registry.address
    if gateway := record.services.get("gateway"):
        found["GATEWAY"] = gateway.endpoint
    return found


def search_path(kubectl: Path, path: str) -> str | None:
    """PATH with this kubectl before any other, and with `aiapp`; None where it is so already."""
    wanted = []
    if shutil.which("aiapp", path=path) is None:
        wanted.append(str(Path(sys.executable).parent))
    if shutil.which("kubectl", path=path) != str(kubectl):
        wanted.append(str(kubectl.parent))
    return os.pathsep.join([*wanted, path]) if wanted else None


def exports(wanted: Mapping[str, str]) -> str:
    """The variables as commands of a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in wanted.items())
