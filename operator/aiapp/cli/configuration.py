"""The config.json of a package, wherever that is: in a folder, in object storage, or as a version has pinned it.

Never reads another config.json than the one that was listed or pinned.
"""

from dataclasses import dataclass
from pathlib import Path

import click

from aiapp.adapters.objectstore.folder import FolderStore, folder_location
from aiapp.api.version import AIApplicationVersion, Artifact
from aiapp.cli.cluster import UserCluster
from aiapp.cli.store import StoreChoice, object_store, place
from aiapp.domain.artifact.manifest import Listed, Manifest, ManifestError, read_pinned
from aiapp.domain.artifact.manifest_config_map import config_map_names, joined
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, SECRETS, VERSIONS, Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Files
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.config import Config, read_config
from aiapp.domain.package.layout import locate
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.config import MAX_CONFIG_BYTES
from aiapp.modelarts.model_files import CONFIG_FILE
from aiapp.modelarts.openapi import Title
from aiapp.ports import NotFoundError, ObjectStore
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.obs import package_access


@dataclass(frozen=True, slots=True)
class Found:
    """A configuration, and what to call the model it is of."""

    title: Title
    config: Config


@dataclass(frozen=True, slots=True)
class _Namespace:
    """A person's namespace as `access` asks for it."""

    cluster: UserCluster

    async def get(self, resource: Resource, _: str | None, name: str) -> Json | None:
        try:
            return await self.cluster.get(resource, name)
        except NotFoundError:
            return None

    async def secret(self, namespace: str, name: str) -> Secret | None:
        found = await self.get(SECRETS, namespace, name)
        return None if found is None else Secret.of(found)


async def of_uri(uri: str, choice: StoreChoice) -> Found:
    """Of a folder in object storage. Raises `StoreError`, `click.ClickException`."""
    where, keys = place(uri, choice)
    store = object_store(choice)
    try:
        return await _listed(where, keys, store)
    finally:
        await store.close()


async def of_folder(folder: Path) -> Found:
    """Of a folder of this machine. Raises `StoreError`, `click.ClickException`."""
    return await _listed(folder_location(folder), None, FolderStore())


async def of_version(name: str, cluster: UserCluster) -> Found:
    """Of a registered version. Raises `StoreError`, `ApiError`, `click.ClickException`."""
    version = AIApplicationVersion.model_validate(await cluster.get(VERSIONS, name))
    source, status = version.spec.source.variant, version.status
    if source is None or status.source is None or status.artifact is None:
        raise click.ClickException(f"{name} is not pinned yet: see kubectl describe aiappv {name}")
    try:
        way = await package_access(source, status.source, cluster.namespace, _Namespace(cluster))
    except AccessError as error:
        raise click.ClickException(f"{error.reason}: {error.message}") from error
    pinned = _pinned(await _manifest(status.artifact, cluster), way.where)
    title = Title(version.spec.display_name or version.spec.application, version.spec.version, version.spec.description)
    store = object_store(StoreChoice(allow_http=True))  # whether it may be used was decided when it was imported
    try:
        return Found(title, await _config(way.where, way.credentials, store, pinned))
    finally:
        await store.close()


async def _manifest(artifact: Artifact, cluster: UserCluster) -> Manifest:
    names = config_map_names(artifact.manifest_ref)
    try:
        return read_pinned(joined([await cluster.get(CONFIG_MAPS, name) for name in names]), artifact.pin)
    except ManifestError as error:
        raise click.ClickException(f"ConfigMap {names[0]}: {error}") from error


def _pinned(manifest: Manifest, where: Location) -> Listed:
    entry = next(entry for entry in manifest.entries if entry.path == CONFIG_FILE)
    return Listed(f"{where.prefix}{CONFIG_FILE}", entry.size, entry.etag, entry.version_id)


async def _listed(where: Location, keys: Credentials | None, store: ObjectStore) -> Found:
    """Of a package that nobody has pinned: as it is listed now."""
    listing = await store.list(where, keys)
    layout = locate(Files(listing, where.prefix), where.uri)
    if isinstance(layout, Refusal):
        raise click.ClickException(f"{layout.reason}: {layout.message}")
    listed = listing.find(f"{where.prefix}{layout.root}{CONFIG_FILE}")
    assert listed is not None
    return Found(Title(where.uri.rstrip("/").rpartition("/")[2]), await _config(where, keys, store, listed))


async def _config(where: Location, keys: Credentials | None, store: ObjectStore, listed: Listed) -> Config:
    data = await store.read(where, keys, listed, MAX_CONFIG_BYTES)
    found = read_config(data, listed.key.removeprefix(where.prefix))
    if isinstance(found, Refusal):
        raise click.ClickException(f"{found.reason}: {found.message}")
    return found
