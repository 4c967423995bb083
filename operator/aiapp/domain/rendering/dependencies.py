"""The init container that installs what a package depends on, added to a rendered pod template. Chooses no versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.desired.limits import INSTALL, UNBOUNDED, Bounds, InitResources, init_resources
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod import PACKAGE_PATH, SERVER_FOLDER, TMP_PATH

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
    secret: str = SECRET
    """Secret of the application's namespace which may hold a pip.conf; that replaces the fields above."""
    wheelhouse_claim: str | None = None
    """PersistentVolumeClaim of the application's namespace with wheels, tried before the index."""
    resources: InitResources = INSTALL


DEFAULT_PIP: Final = Pip()


def with_dependencies(template: Json, requirements: Sequence[str], pip: Pip, granted: Bounds = UNBOUNDED) -> Json:
    """The template with an init container that installs the requirements, and a server that finds them."""
    spec = template["spec"]
    (model,) = spec["containers"]
    server = model | {
        "args": [*model["args"], "--dependencies", FOLDER],
        "volumeMounts": [*model["volumeMounts"], {"name": CONTAINER, "mountPath": FOLDER, "readOnly": True}],
    }
    installed = {
        "initContainers": [*spec["initContainers"], _container(model, requirements, pip, granted)],
        "containers": [server],
        "volumes": [*spec["volumes"], *_volumes(pip)],
    }
    return {**template, "spec": spec | installed}


def _container(model: Json, requirements: Sequence[str], pip: Pip, granted: Bounds) -> Json:
    """In the runtime's own image and environment: what pip chooses has to fit that Python and processor."""
    claim = [{"name": "wheelhouse", "mountPath": WHEELHOUSE_FOLDER, "readOnly": True}] if pip.wheelhouse_claim else []
    return {
        "name": CONTAINER,
        "image": model["image"],
        "command": [*model["command"], "install"],
        "args": [*_options(pip), "--", *requirements],
        "env": model["env"],
        "resources": init_resources(pip.resources, model["resources"], granted),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "package", "mountPath": PACKAGE_PATH, "readOnly": True},
            {"name": "server", "mountPath": SERVER_FOLDER, "readOnly": True},
            {"name": CONTAINER, "mountPath": FOLDER},
            {"name": "tmp", "mountPath": TMP_PATH},
            {"name": "pip", "mountPath": PIP_FOLDER, "readOnly": True},
            *claim,
        ],
    }


def _options(pip: Pip) -> Iterator[str]:
    yield from ("--package", PACKAGE_PATH, "--into", FOLDER, "--config", f"{PIP_FOLDER}/{PIP_KEY}")
    if pip.index_url:
        yield from ("--index-url", pip.index_url)
    for url in pip.extra_index_urls:
        yield from ("--extra-index-url", url)
    for host in pip.trusted_hosts:
        yield from ("--trusted-host", host)
    if pip.wheelhouse_claim:
        yield from ("--wheelhouse", WHEELHOUSE_FOLDER)


def _volumes(pip: Pip) -> Iterator[dict[str, Any]]:
    yield {"name": CONTAINER, "emptyDir": {}}
    # Optional: most namespaces need none, and a Secret that is made later counts from the next pod on.
    items = [{"key": PIP_KEY, "path": PIP_KEY}]
    yield {"name": "pip", "secret": {"secretName": pip.secret, "items": items, "optional": True}}
    if pip.wheelhouse_claim:
        yield {
            "name": "wheelhouse",
            "persistentVolumeClaim": {"claimName": pip.wheelhouse_claim, "readOnly": True},
        }
