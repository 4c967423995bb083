"""Which request goes where; pure."""

from __future__ import annotations

import enum
from typing import Dict, NamedTuple

from ...modelarts.health import DEFAULT_HEALTH_PATH
from ..config import Config
from .errors import RefusedError
from .v2names import MODEL_VERSION, PREFIX


class Target(enum.Enum):
    PREDICT = "predict"
    HEALTH = "health"
    METRICS = "metrics"
    OPENAPI = "openapi"
    V2_SERVER = "v2 server"
    V2_LIVE = "v2 live"
    V2_READY = "v2 ready"
    V2_MODEL = "v2 model"
    V2_MODEL_READY = "v2 model ready"
    V2_INFER = "v2 infer"


PREDICTIONS = frozenset([Target.PREDICT, Target.V2_INFER])
PROBES = frozenset([Target.HEALTH, Target.METRICS, Target.V2_LIVE, Target.V2_READY, Target.V2_MODEL_READY])
"""Requested by machines all the time: not counted, and not logged when the answer is a success."""


class Route(NamedTuple):
    """`path` is the one in the table, so one of a bounded set."""

    target: Target
    path: str


class Router:
    """`POST /`, what `config.json` declares, health, and the server's own paths where the package declares none."""

    def __init__(self, config: Config, model_name: str) -> None:
        self._table: Dict[str, Dict[str, Route]] = {}
        for path in (DEFAULT_HEALTH_PATH, config.health_path):
            self._add("GET", path, Target.HEALTH)
            self._add("HEAD", path, Target.HEALTH)
        for method, path in (("POST", "/"), *config.routes):
            self._add(method, path, Target.PREDICT)
        for path, target in _own_paths(model_name).items():
            if path not in self._table:
                self._add("POST" if target is Target.V2_INFER else "GET", path, target)

    def _add(self, method: str, path: str, target: Target) -> None:
        self._table.setdefault(path, {}).setdefault(method, Route(target, path))

    def resolve(self, method: str, path: str) -> Route:
        """The route, a trailing slash aside. Raises RefusedError: 404, or 405 with the methods allowed."""
        methods = self._table.get("/" + path.strip("/"))
        if methods is None:
            known = ", ".join(sorted(path for path in self._table if not path.startswith(PREFIX + "/")))
            raise RefusedError(404, "NotFound", f"nothing is served at this path; known: {known}")
        if method in methods:
            return methods[method]
        allowed = ", ".join(sorted(methods))
        raise RefusedError(405, "MethodNotAllowed", f"this path takes {allowed}", ("Allow", allowed))


def _own_paths(model_name: str) -> Dict[str, Target]:
    paths = {
        "/metrics": Target.METRICS,
        "/openapi.json": Target.OPENAPI,
        PREFIX: Target.V2_SERVER,
        f"{PREFIX}/health/live": Target.V2_LIVE,
        f"{PREFIX}/health/ready": Target.V2_READY,
    }
    model = f"{PREFIX}/models/{model_name}"
    for path in (model, f"{model}/versions/{MODEL_VERSION}"):
        paths.update({path: Target.V2_MODEL, path + "/ready": Target.V2_MODEL_READY, path + "/infer": Target.V2_INFER})
    return paths
