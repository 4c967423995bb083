"""What the operator would say of a package, and the API server of a file of manifests, before either sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.kubernetes.manifest_text import as_yaml
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.domain.offline.documents import MAX_BYTES, check_documents
from aiapp.domain.offline.report import Checked, of_documents, of_package, with_runtime
from aiapp.domain.package.inspection import Unresolved
from aiapp.domain.runtimes.catalogue import find
from aiapp.domain.weights.found import FOLDER
from aiapp.ports.objectstore import ObjectStore
from aiapp.ports.syntax import PythonParser
from aiapp.reconcile.sources.importing import Terms, inspect


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """Checks packages against a catalogue of runtimes, by name; `runtime` is the one that a version would name."""

    parser: PythonParser
    catalogue: Mapping[str, RuntimeSpec]
    runtime: str | None

    async def of(self, target: str, where: Location, keys: Credentials | None, store: ObjectStore) -> Checked:
        """Of the package there, which the answer calls `target`."""
        inspection = await inspect(where, keys, store, self.parser, terms=Terms(takes_folders=self._takes_folders))
        return with_runtime(of_package(target, inspection), self.runtime, self.catalogue)

    @property
    def _takes_folders(self) -> bool:
        return self.runtime is not None and find(self.runtime, self.catalogue, FOLDER) is not None


def refused_by_api(documents: Sequence[Json]) -> str | None:
    """Why the API server would not take one of these objects, as far as that can be known without one."""
    _, diagnostics = check_documents(as_yaml(*documents).encode(), "manifest")
    return "; ".join(one.message for one in diagnostics if one.severity == "error") or None


def of_manifests(path: str) -> Checked:
    """Checks the manifests in a YAML file."""
    try:
        with Path(path).open("rb") as file:
            return of_documents(path, *check_documents(file.read(MAX_BYTES + 1), path))
    except OSError as error:
        message = f"it cannot be read: {error.strerror}"
        return of_package(path, Unresolved(Reason.ACCESS_DENIED, message, retryable=False))
