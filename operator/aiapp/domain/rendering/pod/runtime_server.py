"""A server that the runtime's image brings: started, configured, asked and stopped as the runtime says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.api.runtime_server import RuntimeServer as Declared
from aiapp.api.runtime_server import ServerPort, ServerProbe, ServerStop, ServerVariable
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.container import DROPPED, mount
from aiapp.domain.rendering.pod.engine import CONTAINER, GRACE_SECONDS, METRICS_ANNOTATION, NO_METRICS, Engine, until_up
from aiapp.domain.runtimes.server.placeholders import Values, filled, filled_words, missing, ports

FILE_ANNOTATION: Final = "aiapp.dev/file-"
"""Annotations of a pod that hold its configuration files, by number: so they are part of the stored template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeServer(Engine):
    """The server inside of a runtime's image."""

    server: Declared
    image: str
    values: Values
    """What stands for the placeholders."""
    extra_args: tuple[str, ...]
    deploy_timeout_seconds: int
    driver_paths: tuple[str, ...] = ()
    """Of the node, where the pod has to mount the driver itself."""
    grace_period_seconds: int | None = None
    """How long a pod may take to end; None: as long as the runtime says."""

    @property
    @override
    def termination_seconds(self) -> int:
        return self.grace_period_seconds or self.server.termination_grace_period_seconds

    @property
    @override
    def annotations(self) -> Json:
        return self._files | self._metrics

    @property
    def _metrics(self) -> Json:
        if any(one.name == "metrics" for one in ports(self.server)):
            return {METRICS_ANNOTATION: "metrics"}
        declared = self.server.metrics
        return {} if declared or (declared is None and self.server.protocol != "Plain") else NO_METRICS

    @property
    def _files(self) -> Json:
        return {
            f"{FILE_ANNOTATION}{number}": filled(file.text, self.values)
            for number, file in enumerate(self.server.files or ())
        }

    @override
    def container(self, common: Json, mounts: list[Json]) -> Json:
        server = self.server
        return {
            "name": CONTAINER,
            "image": self.image,
            **self._started(),
            **common,
            "env": [*self._environment(common["env"]), *common["env"]],
            "ports": [{"name": _name(p), "containerPort": p.port, "protocol": "TCP"} for p in ports(server)],
            "startupProbe": self._check(server.startup or server.readiness) | until_up(self._start_seconds),
            "readinessProbe": self._probe(server.readiness),
            **({"livenessProbe": self._probe(server.liveness)} if server.liveness else {}),
            **self._lifecycle(),
            "securityContext": _security(server.capabilities),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [*mounts, *self._file_mounts(), *self._driver_mounts()],
        }

    @override
    def volumes(self) -> Iterator[Json]:
        items = [
            {"path": str(number), "fieldRef": {"fieldPath": f"metadata.annotations['{name}']"}}
            for number, name in enumerate(self._files)
        ]
        if items:
            yield {"name": "configuration", "downwardAPI": {"items": items, "defaultMode": 0o440}}
        for number, path in enumerate(self.driver_paths):
            yield {"name": f"driver-{number}", "hostPath": {"path": path}}

    def _started(self) -> Json:
        """What follows the prelude's scripts takes the shell's place, so that signals reach it."""
        command = filled_words(self.server.command, self.values)
        args = [*filled_words(self.server.args, self.values), *self.extra_args]
        if self.server.prelude:
            sourced = " && ".join(f". {path}" for path in self.server.prelude)
            command = ["/bin/bash", "-c", f'{sourced} && exec "$0" "$@"', *command]
        return {"command": command} | ({"args": args} if args else {})

    def _environment(self, own: Sequence[Json]) -> Iterator[Json]:
        """Those that neither the version nor its application sets."""
        names = {variable["name"] for variable in own}
        for variable in self.server.env or ():
            if variable.name not in names and not missing(variable.value or "", self.values):
                yield self._variable(variable)

    def _variable(self, variable: ServerVariable) -> Json:
        if variable.field_path is not None:
            return {"name": variable.name, "valueFrom": {"fieldRef": {"fieldPath": variable.field_path}}}
        return {"name": variable.name, "value": filled(variable.value or "", self.values)}

    @property
    def _start_seconds(self) -> int:
        return max(self.deploy_timeout_seconds, self.server.start_seconds or 0)

    def _probe(self, probe: ServerProbe) -> Json:
        return self._check(probe) | {
            "periodSeconds": probe.period_seconds,
            "failureThreshold": probe.failure_threshold,
        }

    def _check(self, probe: ServerProbe) -> Json:
        return self._action(probe) | {"timeoutSeconds": probe.timeout_seconds}

    def _action(self, action: ServerProbe | ServerStop) -> Json:
        if action.command is not None:
            return {"exec": {"command": list(action.command)}}
        port = next(one for one in ports(self.server) if one.name == (action.port or "service"))
        path = filled(action.path or "/", self.values)
        return {"httpGet": {"path": path, "port": _name(port), "scheme": port.scheme}}

    def _lifecycle(self) -> Json:
        stop = self.server.stop or ServerStop(wait_seconds=GRACE_SECONDS)
        match stop.wait_seconds:
            case None:
                return {"lifecycle": {"preStop": self._action(stop)}}
            case 0:
                return {}
            case seconds:
                return {"lifecycle": {"preStop": {"exec": {"command": ["sleep", str(seconds)]}}}}

    def _file_mounts(self) -> Iterator[Json]:
        for number, file in enumerate(self.server.files or ()):
            yield mount("configuration", file.path, read_only=True) | {"subPath": str(number)}

    def _driver_mounts(self) -> Iterator[Json]:
        for number, path in enumerate(self.driver_paths):
            yield mount(f"driver-{number}", path, read_only=True)


def _name(port: ServerPort) -> str:
    """Of the container's port; Services find that of predictions by its scheme."""
    return port.scheme.lower() if port.name == "service" else port.name


def _security(capabilities: Sequence[str] | None) -> Json:
    if not capabilities:
        return DROPPED
    return DROPPED | {"capabilities": DROPPED["capabilities"] | {"add": sorted(capabilities)}}
