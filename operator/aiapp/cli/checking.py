"""One target of `aiapp check` looked at: a folder, a folder in object storage, or a file of manifests."""

import asyncio
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from aiapp.adapters.objectstore.folder import FolderStore, folder_location
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.api.conditions import Reason
from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.cli.store import StoreChoice, object_store, place
from aiapp.domain.offline.documents import MAX_BYTES, check_documents
from aiapp.domain.offline.report import Checked, exit_code, of_documents, of_package, with_runtime
from aiapp.domain.package.inspection import Inspection, Unresolved
from aiapp.reconcile.sources.importing import inspect

__all__ = ["check", "exit_code", "shipped_catalogue"]


def check(target: str, runtime: str | None, store: StoreChoice) -> Checked:
    """What an operator or API server would say. Raises `click.UsageError`."""
    if "://" not in target and Path(target).is_file():
        return _documents(target)
    inspection = asyncio.run(_stored(target, store) if "://" in target else _local(Path(target)))
    return with_runtime(of_package(target, inspection), runtime, shipped_catalogue())


@cache
def shipped_catalogue() -> Mapping[str, RuntimeSpec]:
    """The runtimes of manifests/runtimes, by name."""
    text = (resources.files("aiapp") / "data/runtimes.yaml").read_text("utf-8")
    specs = [InferenceRuntime.model_validate(document).spec for document in yaml.safe_load_all(text)]
    return {spec.name: spec for spec in specs}


def _documents(path: str) -> Checked:
    try:
        with Path(path).open("rb") as file:
            return of_documents(path, *check_documents(file.read(MAX_BYTES + 1), path))
    except OSError as error:
        message = f"it cannot be read: {error.strerror}"
        return of_package(path, Unresolved(Reason.ACCESS_DENIED, message, retryable=False))


async def _local(folder: Path) -> Inspection:
    parser = IsolatedParser()
    try:
        return await inspect(folder_location(folder), None, FolderStore(), parser)
    finally:
        await parser.close()


async def _stored(uri: str, choice: StoreChoice) -> Inspection:
    where, keys = place(uri, choice)
    store, parser = object_store(choice), IsolatedParser()
    try:
        return await inspect(where, keys, store, parser)
    finally:
        await parser.close()
        await store.close()
