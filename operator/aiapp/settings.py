"""The operator's settings, read from `AIAPP_*` environment variables once. Never read anywhere else."""

import difflib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "AIAPP_"
FOREIGN: Final = ("AIAPP_SANDBOX", "AIAPP_SERVE_")
"""Variables of `aiapp sandbox` and of the model server: they may be set where the operator runs too."""
RANGE: Final = "a range of addresses, such as `10.0.0.0/8` (not `10.0.0.1/8`)"


class SettingsError(Exception):
    """Everything that is wrong with the environment. Values are left out: they may be secret."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Form:
    """Validator of a text that has to match the pattern from end to end. `meaning` says what is expected."""

    pattern: str
    meaning: str

    def __call__(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"not {self.meaning}")
        return text


def _form(pattern: str, meaning: str) -> tuple[AfterValidator, WithJsonSchema]:
    """The validator, and the pattern for the JSON schema: the chart's values are checked by it."""
    return AfterValidator(Form(pattern, meaning)), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


def _range(value: object) -> object:
    try:
        return ip_network(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"not {RANGE}") from None


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _object(value: object) -> object:
    try:
        return json.loads(value or "{}") if isinstance(value, str) else value
    except ValueError:
        raise ValueError("not a JSON object") from None


_List = (NoDecode, BeforeValidator(_split))
"""Items in one variable, separated by commas or spaces."""
HostPattern = Annotated[str, *_form(r"([*][.])?[A-Za-z0-9_.:-]+", "a host name or `*.domain`")]
Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(_range),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"}),
]
ProxyUrl = Annotated[str, *_form(r"(https?://\S+)?", "an http or https URL")]
IndexUrl = Annotated[str, *_form(r"(https?://[^\s@]+)?", "an http or https URL without credentials")]
"""Credentials belong into a Secret, as this can be read in every pod's template."""
OwnRegistryName = Annotated[
    str,
    *_form(
        r"(([A-Za-z0-9-]+([.][A-Za-z0-9-]+)+(:[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5})(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)?",
        "`host[:port][/prefix]`",
    ),
]
Quantity = Annotated[str, *_form(r"[0-9]+([.][0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?", "a quantity, such as `500m` or `2Gi`")]
NamespaceName = Annotated[str, *_form(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "the name of a namespace")]
ObjectName = Annotated[str, *_form(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", "the name of a Kubernetes object")]


QueryName = Annotated[str, AfterValidator(Form(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "the name of a query"))]
Query = Annotated[
    str,
    AfterValidator(
        Form(
            r"(?=[^$]*([$][^$]+)*[$]namespace\b)([^$]|[$](?![A-Za-z_])|[$](namespace|application|version)\b)*",
            "a query with $namespace (else it would be about all namespaces), beside which only $application and "
            "$version stand for something",
        )
    ),
]
"""Of one namespace, so that nobody learns anything of the others."""


KindName = Annotated[
    str,
    *_form(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)+", "a kind, such as `jobs.batch`"),
]
JobFields = Mapping[str, str | tuple[str, ...]]
LabelPair = Annotated[str, *_form(r"([-._A-Za-z0-9/]+=[-._A-Za-z0-9]*)?", "a label and its value, `key=value`")]
LabelKey = Annotated[str, *_form(r"[-._A-Za-z0-9/]{1,317}", "the key of a label")]
Address = Annotated[str, *_form(r"[0-9.]{7,15}:[0-9]{1,5}|\[[0-9a-f:.]+\]:[0-9]{1,5}", "`address:port`")]
VariableName = Annotated[str, *_form(r"[A-Za-z_][-._A-Za-z0-9]*", "the name of a variable or an argument")]


class ExeMLStore(BaseModel):
    """A folder below which ExeML projects write, one of its own for each namespace."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    uri: Annotated[str, *_form(r"(obs|s3)://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?", "`obs://bucket/path/`")]
    endpoint: Annotated[str, *_form(r"https?://[^\s/@]+/?", "an http or https URL")] | None = None
    region: str | None = None
    addressing: Literal["Auto", "Path", "Virtual"] = "Auto"
    secret: ObjectName | None = None


ExeMLStores = Annotated[
    Mapping[ObjectName, ExeMLStore],
    WithJsonSchema({"type": "object", "additionalProperties": ExeMLStore.model_json_schema()}),
]


class Settings(BaseSettings):
    """Each field is the environment variable `AIAPP_` + its name in upper case, unless another name is given."""

    model_config = SettingsConfigDict(
        env_prefix="AIAPP_", frozen=True, use_attribute_docstrings=True, extra="forbid", populate_by_name=True
    )

    image: str = ""
    """Image of the init container that fetches models; none: that of the operator's own pod, or outside of a cluster
    the one that `aiapp sandbox images` builds."""
    pod: str = ""
    """Name of the operator's own pod, whose container `operator` says the image."""
    workers: Annotated[int, Field(ge=2, le=256)] = 16
    """Objects that are reconciled at the same time; at most half of them are versions that are being imported."""
    leader_election: bool = False
    """Whether several replicas may run: one of them works, by a Lease in the operator's namespace, the others wait."""
    lease_seconds: Annotated[float, Field(ge=3, le=600)] = 15.0
    """How long the others wait for a leader that gives no sign; it stops by itself after two thirds of it."""
    resync_seconds: Annotated[float, Field(ge=10)] = 600.0
    """Everything is listed and looked at again after this many seconds."""
    store_connections: Annotated[int, Field(ge=1, le=128)] = 8
    """Requests to one host of object storage, or to one registry, at the same time."""
    store_connect_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    """Longest wait for a connection to object storage or a registry."""
    store_read_seconds: Annotated[float, Field(gt=0, le=60)] = 4.0
    """Longest silence of object storage or a registry while it answers."""
    store_request_seconds: Annotated[float, Field(gt=0, le=600)] = 20.0
    """Longest time for one whole answer: one page of a listing, one small file, or one document of a registry."""
    namespace: ObjectName = "aiapp-system"
    """The operator's own namespace."""
    watch_namespaces: Annotated[tuple[NamespaceName, ...], *_List] = ()
    """Namespaces whose applications and versions the operator manages, with rights in these alone; none: all."""
    node_facts_config_map: ObjectName = "aiapp-node-facts"
    """ConfigMap of that namespace with an administrator's node labels, chips and driver tables."""
    count_devices: bool = True
    """Whether the pods of all namespaces are watched to know which NPUs are in use; if not, free ones are unknown."""
    max_objects: Annotated[int, Field(ge=1)] = 100_000
    """Objects that one model package may have."""
    max_bytes: Annotated[int, Field(ge=1)] = 1024**4
    """Bytes that one model package may have."""
    max_listing_bytes: Annotated[int, Field(ge=1, le=128 * 1024**2)] = 64 * 1024**2
    """Bytes that the names, ETags and version ids of one model package may have."""
    max_manifest_bytes: Annotated[int, Field(ge=1)] = 64 * 1024**2
    """Bytes that the manifests of one namespace's versions may take together, as they are stored (compressed)."""
    max_image_bytes: Annotated[int, Field(ge=1)] = 30 * 1024**3
    """Bytes that a container image may have for one platform, as it is transferred (compressed)."""
    registry: OwnRegistryName = ""
    """The installation's own registry, and what repositories in it begin with, for example
    `registry.example.com/models`: images are copied there, and pods run the copies; none: pods run the originals."""
    registry_config: str | None = None
    """File with logins for that registry, as Docker keeps them (`config.json`, or `.dockerconfigjson` of a Secret)."""
    registry_ca_bundle: str | None = None
    """File with authorities that may vouch for that registry, beside the public ones."""
    registry_plain_http: bool = False
    """Whether that registry is asked without TLS."""
    max_copy_bytes: Annotated[int, Field(ge=1)] = 120 * 1024**3
    """Bytes that a container image may have for all platforms together to be copied there."""
    import_seconds: Annotated[float, Field(gt=0)] = 300.0
    """One look at a model package may take this long, listing included."""
    drift_seconds: Annotated[float, Field(ge=0)] = 21_600.0
    """The store is asked this often whether it still holds what a version has pinned; 0: only on request."""
    checksum_objects: Annotated[int, Field(ge=0, le=10_000)] = 200
    """A store is asked for the checksums of at most this many objects of one package, one request each; 0: never."""
    allow_http: bool = False
    """Whether object storage and registries without TLS are accepted."""
    allowed_hosts: Annotated[tuple[HostPattern, ...], *_List] = ()
    """Hosts of object storage and registries, for example `*.myhuaweicloud.com,minio.storage.svc`; none: all. Those
    count too that a registry sends to, for tokens or parts of images."""
    allowed_ranges: Annotated[tuple[Network, ...], *_List] = ()
    """Address ranges in which object storage and registries may be although they are refused otherwise (loopback,
    link-local, ...)."""
    refused_ranges: Annotated[tuple[Network, ...], *_List] = ()
    """Further address ranges that are refused, for example those of the cluster's Services and pods."""
    store_ca_bundle: str | None = None
    """File with the authorities that object storage and registries are checked against, instead of the public ones."""
    pip_index_url: IndexUrl = ""
    """Index that the dependencies of model packages are installed from; none: the one that the image has configured."""
    pip_extra_index_urls: Annotated[tuple[IndexUrl, ...], *_List] = ()
    """Further indexes."""
    pip_trusted_hosts: Annotated[tuple[HostPattern, ...], *_List] = ()
    """Indexes' hosts that need no valid certificate."""
    pip_secret: ObjectName = "aiapp-pip"  # noqa: S105 - its name
    """Secret in the application's namespace whose key `pip.conf` replaces the three settings above, if it exists; it
    may hold credentials."""
    pip_wheelhouse_claim: ObjectName | None = None
    """PersistentVolumeClaim in the application's namespace with wheels, tried before the index."""
    fetch_cpu_limit: Quantity = "4"
    """CPU that the init container which fetches models may use. Never more than the model's own limit, nor than a
    LimitRange of the namespace allows."""
    fetch_memory_limit: Quantity = "256Mi"
    """Memory of that init container: what it needs. A LimitRange may lower it."""
    install_cpu_limit: Quantity = "4"
    """The same as `AIAPP_FETCH_CPU_LIMIT`, for the init container that installs dependencies."""
    install_memory_limit: Quantity = "2Gi"
    """The same as `AIAPP_FETCH_MEMORY_LIMIT`, for the init container that installs dependencies."""
    training_job_kinds: Annotated[tuple[KindName, ...], *_List] = ("jobs.batch",)
    """Kinds of training jobs that versions may be imported from, as `plural.group`: `jobs.batch`,
    `jobs.batch.volcano.sh`, `pytorchjobs.kubeflow.org`, `tfjobs.kubeflow.org`, `mpijobs.kubeflow.org`,
    `trainjobs.trainer.kubeflow.org`. The chart gives the operator the right to read these alone."""
    training_job_mappings: Annotated[Mapping[KindName, JobFields], NoDecode, BeforeValidator(_object)] = {}
    """Further kinds, or others than the built-in fields of a kind, by `plural.group`: where success, failure, times,
    containers and pods of such a job are found."""
    training_output_names: Annotated[tuple[VariableName, ...], *_List] = ()
    """Environment variables and arguments by which jobs say where they write, beside `train_url`, `OUTPUT_PATH`,
    `OUTPUT_URI`, `OUTPUT_DIR` and `MODEL_OUTPUT`."""
    training_output_seconds: Annotated[float, Field(ge=0)] = 120.0
    """What a training job that has succeeded has not written yet is waited for so long."""
    register_training_jobs: bool = True
    """Whether training jobs that are annotated with an application and a version register themselves when they have
    succeeded, as far as their ServiceAccount may create versions."""
    built_in_algorithm_label: LabelPair = "aiapp.dev/algorithm=BuiltIn"
    """Label or annotation of training jobs whose built-in algorithm needs neither config.json nor inference code."""
    exeml_stores: Annotated[ExeMLStores, NoDecode, BeforeValidator(_object)] = {}
    """Where ExeML projects write their models, by a name of your choice: `uri`, `endpoint`, `region`, `addressing` and
    `secret`, a Secret of the operator's own namespace. A project of namespace N may write below `<uri>/N/` alone."""
    exeml_project_label: LabelKey = "aiapp.dev/exeml-project"
    """Label of training jobs of ExeML projects; its value is the project. The chart's policy says who may set it."""
    exeml_address: Address = "0.0.0.0:9443"
    """Where the operator listens for pods that ask for the files of ExeML models, `address:port`. Only with stores."""
    exeml_url: str = ""
    """How pods reach that; none: `https://aiapp-operator-tickets.<the operator's namespace>.svc:9443`."""
    exeml_ticket_seconds: Annotated[int, Field(ge=60, le=3600)] = 300
    """How long an address of a file is good that such a pod gets; it asks for others in time."""
    prometheus_url: IndexUrl = ""
    """Prometheus that the checks of rollouts in steps ask, for example `http://prometheus.monitoring.svc:9090`; none:
    no such check passes."""
    prometheus_queries: Annotated[Mapping[QueryName, Query], NoDecode, BeforeValidator(_object)] = {}
    """The queries that `strategy.checks` may name. Each yields one number; `$namespace`, `$application` and `$version`
    in it stand for those of the pods that are checked. Users see the number, never the query."""
    prometheus_token_file: str | None = None
    """File with a bearer token for that Prometheus."""
    prometheus_ca_bundle: str | None = None
    """File with the authorities that it is checked against, instead of the public ones."""
    traces: bool = False
    """Whether every reconcile is sent as an OpenTelemetry trace to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT`
    names. The shipped image has what it needs; elsewhere the extra `traces` brings it."""
    https_proxy: Annotated[ProxyUrl, Field(validation_alias="HTTPS_PROXY")] = ""
    """Proxy for https to object storage and registries, from `HTTPS_PROXY` in either case."""
    http_proxy: Annotated[ProxyUrl, Field(validation_alias="HTTP_PROXY")] = ""
    """Proxy for http to object storage and registries, from `HTTP_PROXY` in either case."""
    no_proxy: Annotated[str, Field(validation_alias="NO_PROXY")] = ""
    """Hosts that are reached without a proxy, from `NO_PROXY` in either case."""


def load() -> Settings:
    """From the environment. Raises `SettingsError`."""
    environment = os.environ  # noqa: TID251 - this is the place
    faults = list(_unknown(environment))
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError([*faults, *_invalid(error)]) from None
    if faults:
        raise SettingsError(faults)
    return settings


def variable(field: str) -> str:
    """The environment variable of a field."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


VARIABLES: Final = {variable(field): field for field in Settings.model_fields}
"""Each environment variable with its field."""


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """Variables with our prefix that are neither settings nor set for another program."""
    others = (*FOREIGN, *_service_prefixes(environment))
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in VARIABLES and not name.startswith(others):
            close = difflib.get_close_matches(name.upper(), VARIABLES, n=1, cutoff=0.75)
            yield f"unknown setting {name}" + (f": did you mean {close[0]}?" if close else "")


def _service_prefixes(environment: Mapping[str, str]) -> Iterator[str]:
    """What the variables begin with that the kubelet sets for each Service, such as AIAPP_OPERATOR_PORT_80_TCP."""
    for name in environment:
        if name.endswith("_SERVICE_HOST"):
            service = name.removesuffix("_SERVICE_HOST")
            yield from (f"{service}_SERVICE_", f"{service}_PORT")


def _invalid(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        field = str(fault["loc"][0])
        message = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else fault["msg"]
        yield f"{variable(field) if field in Settings.model_fields else field}: {message}"
