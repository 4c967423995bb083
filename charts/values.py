"""The values of the charts: the one source of values.yaml, values.schema.json and the tables in their READMEs."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from aiapp.settings import ProxyUrl
from charts import kubernetes
from charts.settings import settings_schema

PrometheusLabels = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
            "additionalProperties": {"type": "string"},
        }
    ),
]


class Group(BaseModel):
    """Some values under one key: camelCase outside, and no others."""

    model_config = ConfigDict(alias_generator=to_camel, use_attribute_docstrings=True, extra="forbid")


class LocalReference(Group):
    """Name of an object in the namespace of the release."""

    name: kubernetes.Name
    """Its name."""


class Crds(Group):
    """The custom resource definitions."""

    enabled: bool = True
    """Install and upgrade the CRDs with this chart; false where the chart aiapp-operator-crds or another tool does."""
    keep: bool = True
    """Leave the CRDs, and with them every application and version, when the release is uninstalled."""


class Image(Group):
    """The one image: of the operator, and of the init container that fetches models."""

    repository: kubernetes.Repository = "localhost/aiapp-operator"
    """Registry and name. There is no public image: docs/how-to/install.md says how it is built."""
    tag: kubernetes.Tag = ""
    """Tag; the chart's `appVersion` when empty."""
    digest: kubernetes.Digest = ""
    """Digest, `sha256:...`, that the image is pinned by. It wins over the tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the kubelet pulls it."""


class Log(Group):
    """What the operator writes to its log."""

    format: Literal["json", "plain"] = "json"
    """One JSON object a line, or text for people."""
    verbosity: Annotated[int, Field(ge=0, le=2)] = 0
    """1: debug lines of the operator; 2: those of its libraries as well."""


class Proxy(Group):
    """Proxies between the operator, the init containers and object storage."""

    https: ProxyUrl = ""
    """For https, for example `http://proxy.example.com:3128`."""
    http: ProxyUrl = ""
    """For http."""
    exceptions: str = ""
    """Hosts, domains and ranges that are reached directly, separated by commas (`NO_PROXY`)."""


class ServiceAccount(Group):
    """The operator's identity."""

    create: bool = True
    """Create it; otherwise it must exist under `name`."""
    name: kubernetes.NameOrNone = ""
    """Its name; the release's full name when empty."""
    annotations: kubernetes.Annotations = {}
    """Its annotations."""


class Rbac(Group):
    """Rights."""

    create: bool = True
    """Create the operator's ClusterRole and bind it."""
    user_roles: bool = True
    """Create the roles for people: `aiapp-view` and `aiapp-edit`, which join the cluster's view, edit and admin, and
    `aiapp-nodes-view`."""
    runtimes_for_everyone: bool = True
    """Let everyone who is logged in read the catalogue of runtimes, which is cluster-wide."""


class Service(Group):
    """The Service in front of probes and metrics."""

    enabled: bool = True
    """Create it."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Its port."""
    annotations: kubernetes.Annotations = {}
    """Its annotations."""


class NetworkPolicy(Group):
    """Who may reach the operator, and what it may reach."""

    enabled: bool = False
    """Create it: the port of probes and metrics is for `ingressFrom`, `helm test` and the kubelet."""
    ingress_from: list[kubernetes.Object] = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]
    """Peers that may read the metrics."""
    egress: list[kubernetes.Object] = []
    """Egress rules; name resolution, the API server and object storage belong there. Empty: everything is reachable."""


class PodDisruptionBudget(Group):
    """How many of the operator's pods a drain may take at once."""

    enabled: bool = False
    """Create it."""
    max_unavailable: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern="^(100|[0-9]{1,2})%$")] = 1
    """Pods that may be away, as a number or a percentage."""


class Scraping(Group):
    """What both have."""

    enabled: bool = False
    """Create it; the CRDs of the Prometheus operator must be there."""
    labels: kubernetes.Labels = {}
    """Labels by which Prometheus selects it."""
    interval: Annotated[str, Field(pattern=r"^([0-9]+(ms|[smh]))?$")] = ""
    """How often, for example `30s`; Prometheus's own default when empty."""


class ServiceMonitor(Scraping):
    """Scraping of the operator by the Prometheus operator; it goes by the Service."""


class PodMonitor(Scraping):
    """Scraping of the model servers in all namespaces by the Prometheus operator."""


class Rules(Group):
    """The alerts, as a PrometheusRule."""

    enabled: bool = False
    """Create it; the CRDs of the Prometheus operator must be there."""
    labels: kubernetes.Labels = {}
    """Labels by which Prometheus selects it."""
    alert_labels: PrometheusLabels = {}
    """Labels of every alert, for routing."""
    runbooks: Annotated[str, Field(pattern=r"^\S+$")] = "docs/reference/alerts.md"
    """Where that page is published at your site; every alert links to its section."""


class Dashboards(Group):
    """The Grafana dashboards, as a ConfigMap."""

    enabled: bool = False
    """Create it."""
    labels: kubernetes.Labels = {"grafana_dashboard": "1"}
    """Labels by which Grafana's sidecar finds it."""
    annotations: kubernetes.Annotations = {}
    """Its annotations, for example the folder."""


class Monitoring(Group):
    """How the operator and the models are watched."""

    service_monitor: ServiceMonitor = ServiceMonitor()
    pod_monitor: PodMonitor = PodMonitor()
    rules: Rules = Rules()
    dashboards: Dashboards = Dashboards()


class Restrictions(Group):
    """What an application may ask for, in the namespaces that are selected."""

    enabled: bool = False
    """Create the policies."""
    priority_classes: list[kubernetes.Name] = ["inference-low", "inference-high"]
    """Priority classes that it may name."""
    taints: list[kubernetes.LabelKey] = [
        "huawei.com/Ascend310",
        "huawei.com/Ascend310P",
        "huawei.com/Ascend910",
        "huawei.com/npu",
    ]
    """Keys of the taints that it may tolerate."""
    secret_prefix: Annotated[str, Field(pattern=r"^[-a-z0-9.]*$")] = "model-env-"  # noqa: S105 - no password
    """How the names of Secrets begin that may be environment variables."""
    namespaces: list[kubernetes.LabelExpression] = [{"key": "aiapp.dev/restricted", "operator": "Exists"}]
    """Expressions over the labels of the namespaces in which they hold; all namespaces when empty."""


class AdmissionPolicies(Group):
    """ValidatingAdmissionPolicies."""

    restrictions: Restrictions = Restrictions()
    protect_served_versions: bool = True
    """Refuse to delete a version that an application serves, unless the user may `delete-served` versions."""
    exeml: bool = True
    """Let nobody but the operator register models of ExeML, nobody but ExeML mark its jobs, and nobody change the pods
    that serve such models. Without it no pod gets such a model."""
    refuse_exec: bool = False
    """Let nobody enter a container in namespaces with the label `aiapp.dev/exec: refused`."""


class ConsoleService(Group):
    """The Service in front of the console."""

    port: Annotated[int, Field(ge=1, le=65535)] = 80
    """Its port."""
    annotations: kubernetes.Annotations = {}
    """Its annotations."""


class WebConsole(Group):
    """The web console, as a Deployment of its own that has no rights: each call carries the token of the person."""

    enabled: bool = False
    """Create it."""
    replicas: Annotated[int, Field(ge=0)] = 1
    """Its pods; several need `keySecret`, or each would know its own sessions alone."""
    hosts: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]] = []
    """Names under which it answers, beside that of its Service and localhost; that of the Ingress belongs here."""
    token_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$")] = ""
    """Header by which an authenticating proxy sends the token of the person, for example `X-Forwarded-Access-Token`.
    The proxy has to remove it from what comes from outside. Empty: people log in with a token."""
    key_secret: kubernetes.NameOrNone = ""
    """Secret of the release's namespace whose `key` holds at least 32 random bytes, which seal sessions. Empty: a key
    that ends with the pod, and all sessions with it."""
    tls_secret: kubernetes.NameOrNone = ""
    """Secret of type `kubernetes.io/tls` with which it serves TLS itself. Empty: plain HTTP, for something before it
    that speaks TLS with browsers. One that is renewed there is served without a restart."""
    namespace: kubernetes.NameOrNone = ""
    """Namespace that is shown first; empty: people choose."""
    resources: kubernetes.Resources = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
    """What its container asks for and is held to."""
    pod_labels: kubernetes.Labels = {}
    """Labels of its pods."""
    service: ConsoleService = ConsoleService()
    ingress_from: list[kubernetes.Object] = []
    """Peers that may reach it where `networkPolicy.enabled`; empty: all."""
    egress: list[kubernetes.Object] = []
    """Its egress rules where `networkPolicy.enabled`; name resolution and the API server belong there. Empty:
    everything is reachable."""


class Common(Group):
    """What every chart has."""

    common_labels: kubernetes.Labels = {}
    """Labels of every object."""
    common_annotations: kubernetes.Annotations = {}
    """Annotations of every object."""
    global_: Annotated[kubernetes.Object, Field(alias="global")] = {}
    """Nothing here reads it: it is what a parent chart shares with all its charts."""


class Values(Common):
    """Values of the chart aiapp-operator."""

    name_override: Annotated[str, Field(pattern="^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$")] = ""
    """Takes the place of the chart's name in names and labels."""
    fullname_override: Annotated[str, Field(pattern="^([a-z]([-a-z0-9]{0,61}[a-z0-9])?)?$")] = ""
    """Takes the place of the release's full name in names."""

    crds: Crds = Crds()
    image: Image = Image()
    image_pull_secrets: list[LocalReference] = []
    """Secrets of the release's namespace with which the operator's own image is pulled. Pods that serve a model take
    those of `container.imagePullSecrets` of their version."""

    settings: Annotated[dict[str, Any], WithJsonSchema(settings_schema())] = {}
    """The operator's settings, see the list of settings below. Those that are absent keep their defaults."""
    log: Log = Log()
    proxy: Proxy = Proxy()
    registry_secret: kubernetes.NameOrNone = ""
    """Secret of the release's namespace, of type `kubernetes.io/dockerconfigjson`, with a login for
    `settings.registry`. It is mounted, and takes the place of `settings.registryConfig`."""
    extra_env: list[kubernetes.EnvironmentVariable] = []
    """Further environment variables of the operator's container."""

    service_account: ServiceAccount = ServiceAccount()
    rbac: Rbac = Rbac()

    resources: kubernetes.Resources = {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}}
    """What the operator's container asks for and is held to."""
    pod_labels: kubernetes.Labels = {}
    """Labels of the operator's pod."""
    pod_annotations: kubernetes.Annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}
    """Annotations of the operator's pod."""
    pod_security_context: kubernetes.Object = {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    """Security context of the operator's pod; the default fits the Pod Security Standard `restricted`."""
    security_context: kubernetes.Object = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    """Security context of its container; the default fits the Pod Security Standard `restricted`."""
    node_selector: kubernetes.Labels = {}
    """Labels of the nodes that the operator may run on. An image for one architecture wants
    `kubernetes.io/arch` here where the cluster has nodes of others."""
    tolerations: list[kubernetes.Toleration] = []
    """Taints that it tolerates."""
    affinity: kubernetes.Object = {}
    """Its affinity."""
    topology_spread_constraints: list[kubernetes.TopologySpread] = []
    """How its pods are spread."""
    priority_class_name: kubernetes.NameOrNone = ""
    """Its priority class, for example `system-cluster-critical`."""
    host_users: bool = True
    """Whether the pod shares the node's user namespace; false where nodes support user namespaces."""
    termination_grace_period_seconds: Annotated[int, Field(ge=0)] = 10
    """Time to end; it needs 5 at most."""
    extra_volumes: list[kubernetes.Volume] = []
    """Further volumes of the pod, for example a ConfigMap with the authority of an object store."""
    extra_volume_mounts: list[kubernetes.VolumeMount] = []
    """Where they are mounted."""

    service: Service = Service()
    network_policy: NetworkPolicy = NetworkPolicy()
    replicas: Annotated[int, Field(ge=0)] = 1
    """Pods of the operator. One of them works; with two, the other goes on within seconds where a node fails."""
    pod_disruption_budget: PodDisruptionBudget = PodDisruptionBudget()
    monitoring: Monitoring = Monitoring()

    admission_policies: AdmissionPolicies = AdmissionPolicies()

    console: WebConsole = WebConsole()

    extra_objects: list[kubernetes.AnyObject | str] = []
    """Further objects of the release; text and the text in objects may hold templates."""


class CrdValues(Common):
    """Values of the chart aiapp-operator-crds."""

    keep: bool = True
    """Leave the CRDs, and with them every application and version, when the release is uninstalled."""


class RuntimeValues(Common):
    """Values of the chart aiapp-runtimes."""

    images: dict[str, kubernetes.ImageReference | list[dict[str, Any]]] = {}
    """Image of each runtime, by the runtime's full name as `kubectl get inferenceruntimes -o yaml` shows it in
    `spec.name`; a list is its `spec.images`. They come instead of those that the chart has. A runtime without one is
    listed, and a version that needs it says what is missing."""
    templates: bool = True
    """Also the InferenceTemplates for the usual formats of models."""
