"""What it takes to download a registered version: its manifest, the hashes that are known, and the way to its store."""

from dataclasses import dataclass

from typing_extensions import override

from aiapp.api.artifact import ImageArtifact, PackageArtifact
from aiapp.api.source import ObsSource
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.sources.variants import package_of
from aiapp.domain.version.origin import may_leave, stays
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.kept_package import KeptPackage, kept_package
from aiapp.queries.namespace import UserNamespace
from aiapp.queries.stored import read
from aiapp.reconcile.sources.access import AccessError, StoreAccess, access


@dataclass(frozen=True, slots=True)
class Downloadable:
    """A version whose files can be fetched."""

    package: KeptPackage
    store: StoreAccess
    allow_http: bool
    """Its source says that the store is reached without TLS."""


@dataclass(frozen=True, slots=True)
class StoreOverride:
    """How the caller reaches the store, where that is not as the version says."""

    endpoint: str | None = None
    own_keys: bool = False
    """The caller has keys: the Secret that the version names is not read."""


async def downloadable(cluster: UserCluster, name: str, override: StoreOverride) -> Downloadable:
    """Of a version. Raises `ApiError`, `QueryError`."""
    raw = await cluster.get(VERSIONS, name)
    if not may_leave(raw):
        raise QueryError(stays(raw))
    version = read(AIApplicationVersion, raw)
    match version.status.artifact:
        case None:
            raise QueryError(f"version {name} is not pinned yet: see kubectl describe aiappv {name}")
        case ImageArtifact(image=image):
            raise QueryError(
                f"version {name} is an image, which registries keep. Pull it by its digest: docker pull {image}, or "
                f"skopeo copy docker://{image} oci:{name}"
            )
        case PackageArtifact() as artifact:
            source = version.spec.source.variant
            package = None if source is None else package_of(source, version.status.source)
            if package is None:
                raise QueryError(f"where the files of version {name} lie is not known to this release of aiapp")
            found = version.status.source
            root = package.model_copy(update={"uri": (found.uri if found else None) or package.uri})
            return await _with_access(cluster, name, artifact, _overridden(root, override))


def _overridden(package: ObsSource, override: StoreOverride) -> ObsSource:
    keys = {"credentials_secret_ref": None} if override.own_keys else {}
    endpoint = {"endpoint": override.endpoint} if override.endpoint is not None else {}
    return package.model_copy(update=keys | endpoint)


async def _with_access(cluster: UserCluster, name: str, artifact: PackageArtifact, source: ObsSource) -> Downloadable:
    package = await kept_package(cluster, name, artifact)
    try:
        store = await access(source, cluster.namespace, _Objects(cluster))
    except AccessError as error:
        raise QueryError(error.message) from error
    return Downloadable(package, store, (source.endpoint or "").startswith("http://"))


@dataclass(frozen=True, slots=True)
class _Objects(UserNamespace):
    """Says what to do without the right to read the Secret."""

    @override
    async def secret(self, namespace: str, name: str) -> Secret | None:
        try:
            return await self.cluster.secret(name)
        except ApiError as error:
            if error.status != FORBIDDEN:
                raise
            raise QueryError(
                f"you may not read Secret {name}, which has the keys of the store: ask for the right to get secrets in "
                f"namespace {namespace}, or bring keys of your own with --credentials"
            ) from error
