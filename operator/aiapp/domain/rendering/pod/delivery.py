"""How a version's content reaches its pods: an init container downloads what was pinned, or the image has it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from typing_extensions import override

from aiapp.api.meta import CaBundleReference
from aiapp.api.source import ObsSource
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import FETCH, Bounds, InitResources, init_resources
from aiapp.domain.rendering.pod.container import PACKAGE_PATH, RESTRICTED, literal, mount

SERVER_FILE: Final = "serve.pyz"
"""Name of our model server, which the fetcher brings along."""
OTHER_PACKAGE_PATH: Final = "/home/ma-user/infer/model/1"
"""Where newer serving images of the vendor keep the package: some packages hard-code this one."""
MANIFEST_FOLDER: Final = "/etc/aiapp/manifest"
MANIFEST_FILE: Final = f"{MANIFEST_FOLDER}/{CONFIG_MAP_KEY}"
CREDENTIALS_FOLDER: Final = "/etc/aiapp/credentials"
RECORDED_FOLDER: Final = "/etc/aiapp/recorded"
CA_FOLDER: Final = "/etc/aiapp/ca"
CA_FILE: Final = f"{CA_FOLDER}/ca.crt"


class Delivery(Protocol):
    """Brings the content into the pod."""

    @property
    def bytes(self) -> int:
        """Ephemeral storage that the content takes."""
        ...

    def init_containers(self, server: Json | None, model: Json, granted: Bounds) -> Iterator[Json]:
        """What runs before the engine, whose container asks for the resources `model`.

        `server` is the mount into which the delivery lays our model server; None: the engine's image has its own.
        """
        ...

    def mounts(self) -> Iterator[Json]:
        """Volume mounts of the engine's container: where it finds the content."""
        ...

    def volumes(self) -> Iterator[Json]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedPackage:
    """What the init container fetches, and where the pod finds what is known of it."""

    pin: str
    bytes: int
    manifest_config_maps: tuple[str, ...]
    """More than one for a very large package."""
    digest_config_map: str
    """Need not exist yet: once it does, every later fetch has to find the digest that it records."""

    @property
    def manifest(self) -> str:
        """Where the init container finds the manifest."""
        return MANIFEST_FILE if len(self.manifest_config_maps) == 1 else MANIFEST_FOLDER


@dataclass(frozen=True, slots=True)
class Fetcher:
    """The init container as the operator's settings want it."""

    image: str
    arguments: tuple[str, ...] = ()
    """Beside those that follow from the content."""
    env: Mapping[str, str] = field(default_factory=dict)
    resources: InitResources = FETCH


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDelivery(Delivery):
    """An init container downloads it into a volume of the pod, private to it and writable as on the platform."""

    content: PinnedPackage
    fetcher: Fetcher
    file_mode: str | None = None
    """Of the files, where the engine demands another than the usual."""

    @property
    @override
    def bytes(self) -> int:
        return self.content.bytes

    @abstractmethod
    def arguments(self, lays: Sequence[str]) -> Iterator[str]:
        """Of the init container; `lays` are those about our model server."""

    @abstractmethod
    def access(self) -> Iterator[Json]:
        """Mounts of the init container alone: by what it reaches the store."""

    def fetching(self, server: Json | None, model: Json, granted: Bounds) -> Json:
        """The init container."""
        lays = ["--server", f"{server['mountPath']}/{SERVER_FILE}"] if server else []
        return {
            "name": FETCHER,
            "image": self.fetcher.image,
            "args": list(map(literal, (*self.arguments(lays), *self.fetcher.arguments))),
            **_environment(self.fetcher.env),
            "resources": init_resources(self.fetcher.resources, model, granted),
            "securityContext": RESTRICTED,
            "volumeMounts": [
                mount("package", PACKAGE_PATH),
                *([server] if server else []),
                mount("manifest", MANIFEST_FOLDER, read_only=True),
                mount("recorded", RECORDED_FOLDER, read_only=True),
                *self.access(),
            ],
        }

    def mode(self) -> Iterator[str]:
        """Arguments about the mode of the files."""
        if self.file_mode is not None:
            yield from ("--file-mode", self.file_mode)

    @override
    def mounts(self) -> Iterator[Json]:
        yield mount("package", PACKAGE_PATH)
        yield mount("package", OTHER_PACKAGE_PATH)

    def package_volumes(self) -> Iterator[Json]:
        """Of the package, and of what is known of it."""
        yield {"name": "package", "emptyDir": {}}
        yield {"name": "manifest"} | _manifest_source(self.content.manifest_config_maps)
        yield {"name": "recorded", "configMap": {"name": self.content.digest_config_map, "optional": True}}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchDelivery(PackageDelivery):
    """Downloaded from object storage, by what the version says of it."""

    uri: str
    source: ObsSource

    @override
    def init_containers(self, server: Json | None, model: Json, granted: Bounds) -> Iterator[Json]:
        yield self.fetching(server, model, granted)

    @override
    def arguments(self, lays: Sequence[str]) -> Iterator[str]:
        source = self.source
        options = {
            "--manifest": self.content.manifest,
            "--pin": self.content.pin,
            "--uri": self.uri,
            "--endpoint": source.endpoint,
            "--region": source.region,
            "--addressing": source.addressing,
            "--credentials": CREDENTIALS_FOLDER if source.credentials_secret_ref else None,
            "--ca-bundle": CA_FILE if source.ca_bundle_ref else None,
            "--recorded": RECORDED_FOLDER,
            "--digest": source.digest,
            "--target": PACKAGE_PATH,
        }
        yield from ("fetch", *(part for name, value in options.items() if value for part in (name, value)), *lays)
        if (source.endpoint or "").startswith("http://"):
            yield "--allow-http"
        yield from self.mode()

    @override
    def access(self) -> Iterator[Json]:
        if self.source.credentials_secret_ref:
            yield mount("credentials", CREDENTIALS_FOLDER, read_only=True)
        if self.source.ca_bundle_ref:
            yield mount("ca", CA_FOLDER, read_only=True)

    @override
    def volumes(self) -> Iterator[Json]:
        yield from self.package_volumes()
        if (secret := self.source.credentials_secret_ref) is not None:
            # Optional: without it the fetcher names the missing Secret; the kubelet would only hang.
            yield {"name": "credentials", "secret": {"secretName": secret.name, "optional": True}}
        if (authorities := self.source.ca_bundle_ref) is not None:
            yield {"name": "ca"} | _ca_source(authorities)


@dataclass(frozen=True, slots=True)
class NoDelivery(Delivery):
    """The image of the engine holds the model already."""

    @property
    @override
    def bytes(self) -> int:
        return 0

    @override
    def init_containers(self, server: Json | None, model: Json, granted: Bounds) -> Iterator[Json]:
        yield from ()

    @override
    def mounts(self) -> Iterator[Json]:
        yield from ()

    @override
    def volumes(self) -> Iterator[Json]:
        yield from ()


def _environment(env: Mapping[str, str]) -> Json:
    return {"env": [{"name": name, "value": literal(value)} for name, value in env.items()]} if env else {}


def _manifest_source(config_maps: Sequence[str]) -> Json:
    if len(config_maps) == 1:
        return {"configMap": {"name": config_maps[0]}}
    return {"projected": {"sources": [{"configMap": {"name": name}} for name in config_maps]}}


def _ca_source(reference: CaBundleReference) -> Json:
    """The volume of the CA bundle; optional for the same reason as the credentials."""
    file = {"items": [{"key": reference.key, "path": CA_FILE.rpartition("/")[2]}], "optional": True}
    if reference.kind == "Secret":
        return {"secret": {"secretName": reference.name, **file}}
    return {"configMap": {"name": reference.name, **file}}
