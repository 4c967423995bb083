"""Which request goes where; pure."""

from __future__ import annotations

import enum
from typing import Dict

from .config import DEFAULT_HEALTH_PATH, Config
from .errors import RefusedError


class Target(enum.Enum):
    HEALTH = "health"
    PREDICT = "predict"


class Router:
    """`POST /`, what `config.json` declares under `apis`, `GET /health` and the declared health path."""

    def __init__(self, config: Config) -> None:
        self._table: Dict[str, Dict[str, Target]] = {}
        for path in (DEFAULT_HEALTH_PATH, config.health_path):
            self._table.setdefault(path, {}).update({"GET": Target.HEALTH, "HEAD": Target.HEALTH})
        for method, path in (("POST", "/"), *config.routes):
            self._table.setdefault(path, {}).setdefault(method, Target.PREDICT)

    def resolve(self, method: str, path: str) -> Target:
        """The target, a trailing slash aside. Raises RefusedError: 404, or 405 with the methods allowed."""
        methods = self._table.get("/" + path.strip("/"))
        if methods is None:
            known = ", ".join(sorted(self._table))
            raise RefusedError(404, "NotFound", f"nothing is served at this path; known: {known}")
        if method in methods:
            return methods[method]
        allowed = ", ".join(sorted(methods))
        raise RefusedError(405, "MethodNotAllowed", f"this path takes {allowed}", ("Allow", allowed))
