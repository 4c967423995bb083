"""The APIs of a model as an OpenAPI document: of a package, or of a version as it was pinned.

Never reads another config.json than the one that was listed or pinned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiapp.api.artifact import PackageArtifact
from aiapp.api.source import ExeMLSource, TemplateSource
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import Manifest, read_pinned
from aiapp.domain.artifact.manifest_config_map import config_map_names, joined
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Files, Listed
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.layout import locate
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.sources.variants import package_of
from aiapp.modelarts.apis import Body, PackageApi
from aiapp.modelarts.config import MAX_CONFIG_BYTES
from aiapp.modelarts.model_files import CONFIG_FILE
from aiapp.modelarts.openapi import Title, openapi
from aiapp.modelarts.schemas import JsonSchema
from aiapp.ports.objectstore import ObjectStore
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.namespace import UserNamespace
from aiapp.queries.stored import read
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.obs import package_access


@dataclass(frozen=True, slots=True)
class Payload:
    """What is sent in one direction."""

    content_type: str
    schema: JsonSchema
    """JSON Schema 2020-12; empty where nothing is said of it."""


@dataclass(frozen=True, slots=True)
class DeclaredApi:
    """One API of a model; None: nothing is said of that direction."""

    method: str
    url: str
    request: Payload | None
    response: Payload | None


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """The APIs that config.json declares, an OpenAPI 3.1 document of them, and what was read leniently for it."""

    apis: tuple[DeclaredApi, ...]
    document: Json
    repaired: tuple[str, ...]


async def of_package(where: Location, keys: Credentials | None, store: ObjectStore) -> ApiDescription:
    """Of a package as it is listed now. Raises `StoreError`, `QueryError`."""
    listing = await store.list(where, keys)
    layout = locate(Files(listing, where.prefix), where.uri)
    if isinstance(layout, Refusal):
        raise QueryError(f"{layout.reason}: {layout.message}")
    listed = listing.find(f"{where.prefix}{layout.root}{CONFIG_FILE}")
    assert listed is not None
    return _described(Title(where.uri.rstrip("/").rpartition("/")[2]), await _config(where, keys, store, listed))


async def of_version(name: str, cluster: UserCluster, store: ObjectStore) -> ApiDescription:
    """Of a registered version. Raises `StoreError`, `ApiError`, `QueryError`."""
    version = read(AIApplicationVersion, await cluster.get(VERSIONS, name))
    source, status = version.spec.source.variant, version.status
    if source is None or status.source is None or status.artifact is None:
        raise QueryError(f"{name} is not pinned yet: see kubectl describe aiappv {name}")
    if isinstance(source, ExeMLSource):
        raise QueryError(f"{name} is a model of ExeML, whose files only its pods get: ask its server, where it serves")
    package = package_of(source, status.source)
    if not isinstance(status.artifact, PackageArtifact) or package is None:
        message = "is pinned to an image, and no config.json says what its APIs are: ask the image itself"
        raise QueryError(f"{name} {message}, where it serves")
    if status.runtime is not None and status.runtime.protocol is not None:
        words = "serves its own API" if status.runtime.protocol == "Plain" else f"speaks {status.runtime.protocol}"
        raise QueryError(
            f"{name}: the server that runtime {status.runtime.name} brings {words}; ask it for a description"
        )
    title = Title(version.spec.display_name or version.spec.application, version.spec.version, version.spec.description)
    if isinstance(source, TemplateSource):
        return _described(title, _held(await pinned_manifest(status.artifact, cluster)))
    try:
        reached = await package_access(package, status.source, cluster.namespace, UserNamespace(cluster))
    except AccessError as error:
        raise QueryError(f"{error.reason}: {error.message}") from error
    pinned = _pinned(await pinned_manifest(status.artifact, cluster), reached.where)
    return _described(title, await _config(reached.where, reached.credentials, store, pinned))


async def pinned_manifest(artifact: PackageArtifact, cluster: UserCluster) -> Manifest:
    """The manifest that a version is pinned to. Raises `ApiError`, `QueryError`."""
    names = config_map_names(artifact.manifest_ref)
    try:
        return read_pinned(joined([await cluster.get(CONFIG_MAPS, name) for name in names]), artifact.pin)
    except ManifestError as error:
        raise QueryError(f"ConfigMap {names[0]}: {error}") from error


def _held(manifest: Manifest) -> PackageConfig:
    """The config.json that a template made."""
    entry = next(entry for entry in manifest.entries if entry.path == CONFIG_FILE)
    return _read(entry.content or b"", CONFIG_FILE)


def _pinned(manifest: Manifest, where: Location) -> Listed:
    entry = next(entry for entry in manifest.entries if entry.path == CONFIG_FILE)
    return Listed(f"{where.prefix}{CONFIG_FILE}", entry.size, entry.etag, entry.version_id)


async def _config(where: Location, keys: Credentials | None, store: ObjectStore, listed: Listed) -> PackageConfig:
    return _read(await store.read(where, keys, listed, MAX_CONFIG_BYTES), listed.key.removeprefix(where.prefix))


def _read(data: bytes, name: str) -> PackageConfig:
    found = read_config(data, name)
    if isinstance(found, Refusal):
        raise QueryError(f"{found.reason}: {found.message}")
    return found


def _described(title: Title, config: PackageConfig) -> ApiDescription:
    apis = tuple(_declared(api, config.read.schemas) for api in config.read.apis)
    return ApiDescription(apis, openapi(title, config.read), tuple(config.model.repaired or ()))


def _declared(api: PackageApi, schemas: Mapping[str, JsonSchema]) -> DeclaredApi:
    return DeclaredApi(api.method, api.url, _payload(api.request, schemas), _payload(api.response, schemas))


def _payload(body: Body | None, schemas: Mapping[str, JsonSchema]) -> Payload | None:
    return None if body is None else Payload(body.content_type, schemas.get(body.where, {}))
