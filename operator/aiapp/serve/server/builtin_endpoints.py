"""The answers that need no prediction: health, metrics, descriptions; it never waits for anything."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, NamedTuple, Optional

from ..config import Config
from ..http.exchange import Answer
from ..http.routes import Target
from ..http.v2names import MODEL_VERSION
from ..options import Options
from .metrics import CONTENT_TYPE, Gauges, Metrics

JSON = "application/json"
READY = "ready"


class State(NamedTuple):
    """The server's current state: `status` returns loading, ready or stopping."""

    status: Callable[[], str]
    gauges: Callable[[], Gauges]


class BuiltinEndpoints:
    def __init__(self, config: Config, options: Options, metrics: Metrics, state: State) -> None:
        self._config = config
        self._options = options
        self._model_name = options.model_name
        self._metrics = metrics
        self._state = state
        self._openapi: Optional[bytes] = None

    def answer(self, target: Target) -> Answer:
        if target is Target.HEALTH:
            return self._readiness({"status": self._state.status()})
        if target is Target.METRICS:
            return Answer(200, CONTENT_TYPE, self._metrics.text(self._state.gauges()).encode("utf-8"))
        if target is Target.OPENAPI:
            return Answer(200, JSON, self._openapi_document())
        return self._v2_answer(target)

    def _v2_answer(self, target: Target) -> Answer:
        is_ready = self._state.status() == READY
        if target is Target.V2_LIVE:
            return _json(200, {"live": True})
        if target is Target.V2_READY:
            return self._readiness({"ready": is_ready})
        if target is Target.V2_MODEL_READY:
            return self._readiness({"name": self._model_name, "ready": is_ready})
        if target is Target.V2_SERVER:
            return _json(200, {"name": "aiapp", "version": MODEL_VERSION, "extensions": ["binary_tensor_data"]})
        return _json(200, self._model())

    def _readiness(self, document: Dict[str, Any]) -> Answer:
        return _json(200 if self._state.status() == READY else 503, document)

    def _model(self) -> Dict[str, Any]:
        """Inputs and outputs are empty: a package declares JSON, not tensors."""
        platform = "modelarts_" + (self._config.model_type.lower() or "custom")
        return {
            "name": self._model_name,
            "versions": [MODEL_VERSION],
            "platform": platform,
            "inputs": [],
            "outputs": [],
        }

    def _openapi_document(self) -> bytes:
        """Made at the first request: few servers are ever asked."""
        if self._openapi is None:
            from ...modelarts.openapi import Title  # noqa: PLC0415
            from ..openapi import document  # noqa: PLC0415 - not needed to start

            options = self._options
            title = Title(options.api_title or options.model_name, options.api_version)
            self._openapi = document(options.package, title, options.health_path)
        return self._openapi


def _json(status: int, document: Dict[str, Any]) -> Answer:
    return Answer(status, JSON, json.dumps(document).encode("ascii"))
