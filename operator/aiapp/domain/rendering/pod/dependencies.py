"""The init container that installs what a package depends on, where our model server finds it. Chooses no versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import INSTALL, Bounds, InitResources, init_resources
from aiapp.domain.rendering.pod.container import PACKAGE_PATH, RESTRICTED, TMP_PATH, literal, mount

CONTAINER: Final = "dependencies"
FOLDER: Final = "/opt/aiapp-dependencies"
PIP_FOLDER: Final = "/etc/aiapp/pip"
PIP_KEY: Final = "pip.conf"
WHEELHOUSE_FOLDER: Final = "/opt/aiapp-wheelhouse"
SECRET: Final = "aiapp-pip"  # noqa: S105 - its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Pip:
    """Where packages come from, as the operator's settings have it."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    secret: str | None = SECRET
    """Secret of the application's namespace which may hold a pip.conf; that replaces the fields above."""
    wheelhouse_claim: str | None = None
    """PersistentVolumeClaim of the application's namespace with wheels, tried before the index."""
    resources: InitResources = INSTALL


DEFAULT_PIP: Final = Pip()


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Requirements of a package, and where they are installed from."""

    requirements: tuple[str, ...]
    pip: Pip

    @property
    def server_arguments(self) -> tuple[str, ...]:
        """Arguments by which the model server finds what was installed."""
        return ("--dependencies", FOLDER)

    @property
    def server_mounts(self) -> tuple[Json, ...]:
        return (mount(CONTAINER, FOLDER, read_only=True),)

    def container(self, model: Json, server_folder: str, granted: Bounds) -> Json:
        """In the image and environment of the model's container: what pip chooses has to fit that Python and
        processor.
        """
        claim = [mount("wheelhouse", WHEELHOUSE_FOLDER, read_only=True)] if self.pip.wheelhouse_claim else []
        return {
            "name": CONTAINER,
            "image": model["image"],
            "command": [*model["command"], "install"],
            "args": list(map(literal, (*self._options(), "--", *self.requirements))),
            "env": model["env"],
            "resources": init_resources(self.pip.resources, model["resources"], granted),
            "securityContext": RESTRICTED,
            "volumeMounts": [
                mount("package", PACKAGE_PATH, read_only=True),
                mount("server", server_folder, read_only=True),
                mount(CONTAINER, FOLDER),
                mount("tmp", TMP_PATH),
                *([mount("pip", PIP_FOLDER, read_only=True)] if self.pip.secret else []),
                *claim,
            ],
        }

    def volumes(self) -> Iterator[Json]:
        yield {"name": CONTAINER, "emptyDir": {}}
        if self.pip.secret:
            # Optional: most namespaces need none, and a Secret that is made later counts from the next pod on.
            items = [{"key": PIP_KEY, "path": PIP_KEY}]
            yield {"name": "pip", "secret": {"secretName": self.pip.secret, "items": items, "optional": True}}
        if self.pip.wheelhouse_claim:
            claim = {"claimName": self.pip.wheelhouse_claim, "readOnly": True}
            yield {"name": "wheelhouse", "persistentVolumeClaim": claim}

    def _options(self) -> Iterator[str]:
        yield from ("--package", PACKAGE_PATH, "--into", FOLDER)
        if self.pip.secret:
            yield from ("--config", f"{PIP_FOLDER}/{PIP_KEY}")
        if self.pip.index_url:
            yield from ("--index-url", self.pip.index_url)
        for url in self.pip.extra_index_urls:
            yield from ("--extra-index-url", url)
        for host in self.pip.trusted_hosts:
            yield from ("--trusted-host", host)
        if self.pip.wheelhouse_claim:
            yield from ("--wheelhouse", WHEELHOUSE_FOLDER)
