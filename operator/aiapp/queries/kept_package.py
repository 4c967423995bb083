"""What the cluster keeps of a pinned package: manifest and hashes of the files, held to the version's status."""

import asyncio
from dataclasses import dataclass

from aiapp.api.artifact import PackageArtifact
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import recorded
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.file_changes import PackageFiles
from aiapp.domain.artifact.manifest import Manifest, read_pinned
from aiapp.domain.artifact.manifest_config_map import config_map_names, joined
from aiapp.domain.kubernetes.naming import digest_config_map
from aiapp.domain.kubernetes.resources import CONFIG_MAPS
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError


@dataclass(frozen=True, slots=True)
class KeptPackage:
    """A package as it was pinned."""

    manifest: Manifest
    content: Content | None
    """The digest of the content, and the hashes of its files where they are kept; None while no digest is known."""

    @property
    def files(self) -> PackageFiles:
        """Its files, with their hashes where these are kept."""
        entries = self.manifest.entries
        return PackageFiles(entries, {} if self.content is None else self.content.by_path(entries))


async def kept_package(cluster: UserCluster, version: str, artifact: PackageArtifact) -> KeptPackage:
    """Of a version; nothing in it is looked at before its hash is the pin. Raises `ApiError`, `QueryError`."""
    names = config_map_names(artifact.manifest_ref)
    found = await asyncio.gather(*(cluster.find(CONFIG_MAPS, name) for name in names))
    parts = [part for part in found if part is not None]
    if len(parts) < len(names):
        raise QueryError(
            f"the manifest of {version} is gone: ConfigMap {names[len(parts)]}. The operator writes it again at its "
            "next look at the store"
        )
    try:
        manifest = read_pinned(joined(parts), artifact.pin)
    except ManifestError as error:
        raise QueryError(f"ConfigMap {names[0]} does not hold what {version} is pinned to: {error}") from error
    return KeptPackage(manifest, await _content(cluster, artifact))


async def _content(cluster: UserCluster, artifact: PackageArtifact) -> Content | None:
    """What the status says counts; hashes are taken only where they are those of that digest."""
    if artifact.digest is None:
        return None
    record = await cluster.find(CONFIG_MAPS, digest_config_map(artifact.pin))
    known = recorded(record) if record is not None else None
    return known.content if known is not None and known.content.digest == artifact.digest else Content(artifact.digest)
