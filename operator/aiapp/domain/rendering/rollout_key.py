"""The key of a rollout: a hash of the spec fields that reach the pod template, and of no other.

While the key holds, the stored template is applied as it is, so neither another operator, nor other nodes, nor a
changed runtime image restarts what runs. The fields are named one by one: a hash over the models themselves would
change with every field that the API gains, and an upgrade would restart every service.

The form below is `rollout/1`. It is the first, so its tag is not hashed; that of a later one will be. Its rules:

* A new field appears in the form only when an object sets it.
* A default that left the schema goes on here (`operator`, `count`): the key does not depend on who filled it in.
* The golden keys in the tests never change. A form that cannot keep them is another form, with another tag, and a
  service keeps the form that its revision was stored under.
"""

import hashlib
import json
from collections.abc import Iterable

from aiapp.api.artifact import Artifact, ImageArtifact, PackageArtifact
from aiapp.api.container import Container, ContainerHealth
from aiapp.api.meta import EnvSource, EnvVar, KeyReference, Npu, Resources
from aiapp.api.parameters import ServerParameters
from aiapp.api.pod import EnvFrom, MountedClaim, PodOptions, RequestLimits
from aiapp.api.scheduling import NodeAffinity, NodeDemand, Scheduling, Toleration
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.version import VersionSpec, VersionStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.variants import canonical_source


def rollout_key(served: ServedVersion, serving: Serving, version: VersionSpec, status: VersionStatus) -> str:
    """Sixteen hexadecimal digits over `canonical_rollout`."""
    canonical = canonical_rollout(served, serving, version, status)
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical_rollout(served: ServedVersion, serving: Serving, version: VersionSpec, status: VersionStatus) -> Json:
    """The form `rollout/1`. Leaves out weight, replicas and compatibility: they do not reach the template."""
    return {
        "version": served.version,
        **_artifact(status.artifact),
        "source": canonical_source(version.source),
        "container": _container(version.container) if version.container else None,
        "runtime": status.runtime.name if status.runtime else None,
        "served": _pod(served),
        "scheduling": _scheduling(serving.scheduling) if serving.scheduling else None,
        "deployTimeoutSeconds": serving.deploy_timeout_seconds,
    } | _set(
        {
            "pod": _options(serving.pod) if serving.pod else None,
            "limits": _limits(serving.limits) if serving.limits else None,
            "image": status.image.image if status.image else None,
        }
    )


def _artifact(artifact: Artifact | None) -> Json:
    match artifact:
        case PackageArtifact():
            return {"pin": artifact.pin}
        case ImageArtifact():
            return {"pin": None}
        case None:
            return {"pin": None}


def _container(container: Container) -> Json:
    secrets = container.image_pull_secrets
    return _pod(container) | _set(
        {
            "imagePullSecrets": None if secrets is None else [{"name": secret.name} for secret in secrets],
            "command": container.command,
            "args": container.args,
            "port": container.port,
            "protocol": container.protocol,
            "health": _health(container.health) if container.health else None,
            "metrics": container.metrics,
            "user": {"uid": container.user.uid, "gid": container.user.gid} if container.user else None,
            "parameters": _parameters(container.parameters) if container.parameters else None,
            "dependencies": container.dependencies,
        }
    )


def _parameters(parameters: ServerParameters) -> Json:
    return _set(
        {
            "servedName": parameters.served_name,
            "contextLength": parameters.context_length,
            "tensorParallelSize": parameters.tensor_parallel_size,
            "dtype": parameters.dtype,
            "extraArgs": parameters.extra_args,
        }
    )


def _health(health: ContainerHealth) -> Json:
    return _set(
        {
            "path": health.path,
            "command": health.command,
            "initialDelaySeconds": health.initial_delay_seconds,
            "periodSeconds": health.period_seconds,
            "timeoutSeconds": health.timeout_seconds,
            "failureThreshold": health.failure_threshold,
        }
    )


def _pod(wanted: Container | ServedVersion) -> Json:
    return _set(
        {
            "env": None if wanted.env is None else [_variable(variable) for variable in wanted.env],
            "resources": _resources(wanted.resources) if wanted.resources else None,
            "npu": _npu(wanted.npu) if wanted.npu else None,
            "workers": wanted.workers,
            "sharedMemory": wanted.shared_memory,
        }
    )


def _variable(variable: EnvVar) -> Json:
    origin = variable.value_from
    return _set({"name": variable.name, "value": variable.value, "valueFrom": _origin(origin) if origin else None})


def _origin(origin: EnvSource) -> Json:
    secret, config_map = origin.secret_key_ref, origin.config_map_key_ref
    return _set(
        {
            "secretKeyRef": _key(secret) if secret else None,
            "configMapKeyRef": _key(config_map) if config_map else None,
        }
    )


def _key(reference: KeyReference) -> Json:
    return {"name": reference.name, "key": reference.key}


def _resources(resources: Resources) -> Json:
    return _set({"requests": resources.requests, "limits": resources.limits})


def _npu(npu: Npu) -> Json:
    return _set({"count": npu.count, "resourceName": npu.resource_name})


def _scheduling(scheduling: Scheduling) -> Json:
    tolerations = scheduling.tolerations
    return _set(
        {
            "nodeSelector": scheduling.node_selector,
            "tolerations": None if tolerations is None else [_toleration(one) for one in tolerations],
            "priorityClassName": scheduling.priority_class_name,
            "schedulerName": scheduling.scheduler_name,
            "nodeAffinity": _affinity(scheduling.node_affinity) if scheduling.node_affinity else None,
            "spread": scheduling.spread,
        }
    )


def _affinity(affinity: NodeAffinity) -> Json:
    required, preferred = affinity.required, affinity.preferred
    return _set(
        {
            "required": None if required is None else _demands(required),
            "preferred": None
            if preferred is None
            else [{"weight": one.weight, "demands": _demands(one.demands)} for one in preferred],
        }
    )


def _demands(demands: Iterable[NodeDemand]) -> list[Json]:
    return [_set({"key": one.key, "operator": one.operator, "values": one.values}) for one in demands]


def _toleration(toleration: Toleration) -> Json:
    return _set(
        {
            "key": toleration.key,
            "operator": toleration.operator,
            "value": toleration.value,
            "effect": toleration.effect,
            "tolerationSeconds": toleration.toleration_seconds,
        }
    )


def _options(options: PodOptions) -> Json:
    claims, sources = options.claims, options.env_from
    return _set(
        {
            "labels": options.labels,
            "annotations": options.annotations,
            "claims": None if claims is None else [_claim(one) for one in claims],
            "envFrom": None if sources is None else [_env_from(one) for one in sources],
            "terminationGracePeriodSeconds": options.termination_grace_period_seconds,
        }
    )


def _claim(claim: MountedClaim) -> Json:
    fields = {"claimName": claim.claim_name, "mountPath": claim.mount_path, "subPath": claim.sub_path}
    return _set(fields) | ({"readOnly": True} if claim.read_only else {})


def _env_from(source: EnvFrom) -> Json:
    config_map, secret = source.config_map_ref, source.secret_ref
    return _set(
        {
            "prefix": source.prefix,
            "configMapRef": config_map.name if config_map else None,
            "secretRef": secret.name if secret else None,
            "optional": True if any(one and one.optional for one in (config_map, secret)) else None,
        }
    )


def _limits(limits: RequestLimits) -> Json:
    return _set(
        {
            "bodyBytes": limits.body_bytes,
            "predictionSeconds": limits.prediction_seconds,
            "queue": limits.queue,
            "requestsPerSecond": limits.requests_per_second,
            "burst": limits.burst,
        }
    )


def _set(fields: Json) -> Json:
    """The fields that an object sets."""
    return {name: value for name, value in fields.items() if value is not None}
