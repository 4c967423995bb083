"""What the chart makes of values; every rendering is valid by the strict schemas of two Kubernetes minors."""

from typing import Any, Final

import pytest
import yaml
from tests.support.helm import CHART, CRD_CHART, ROOT, RUNTIME_CHART, Helm, faults, of
from tests.support.kube import Object

DIGEST: Final = f"sha256:{'ab' * 32}"
PYTORCH: Final = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
VLLM: Final = "vllm_ascend_0.23.0-cann_9.1.0-py_3.12-ubuntu_22.04-aarch64"

EVERYTHING: Final[dict[str, Any]] = {
    "nameOverride": "models",
    "commonLabels": {"team": "platform"},
    "commonAnnotations": {"cost": "shared"},
    "image": {"repository": "registry.example.com/team/aiapp-operator", "digest": DIGEST, "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "settings": {
        "workers": 8,
        "resyncSeconds": 0.5e3,
        "maxBytes": 1024**4,
        "allowHttp": True,
        "watchNamespaces": ["red", "blue"],
        "allowedHosts": ["*.example.com", "minio.storage.svc"],
        "allowedRanges": ["10.0.0.0/8"],
        "storeCaBundle": "/authorities/ca.pem",
        "prometheusUrl": "https://prometheus.example.com",
        "prometheusQueries": {"errors": 'sum(rate(failed{namespace="$namespace",code=~"5.."}[5m])) > 0'},
        "pipExtraIndexUrls": ["https://one.example.com/simple", "https://two.example.com/simple"],
    },
    "log": {"format": "plain", "verbosity": 2},
    "proxy": {"https": "http://proxy:3128", "http": "http://proxy:3129", "exceptions": "10.0.0.0/8,.svc"},
    "extraEnv": [{"name": "TZ", "value": "UTC"}],
    "serviceAccount": {"name": "models", "annotations": {"example.com/role": "reader"}},
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "podLabels": {"sidecar.example.com/inject": "false"},
    "podAnnotations": {"example.com/restarted": "once"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]
            }
        }
    },
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "priorityClassName": "system-cluster-critical",
    "hostUsers": False,
    "terminationGracePeriodSeconds": 30,
    "extraVolumes": [{"name": "authorities", "configMap": {"name": "authorities"}}],
    "extraVolumeMounts": [{"name": "authorities", "mountPath": "/authorities", "readOnly": True}],
    "service": {"port": 80, "annotations": {"example.com/scrape": "true"}},
    "networkPolicy": {"enabled": True, "egress": [{"ports": [{"protocol": "TCP", "port": 443}]}]},
    "podDisruptionBudget": {"enabled": True},
    "admissionPolicies": {"protectServedVersions": True, "restrictions": {"enabled": True}},
    "extraObjects": [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "{{ .Release.Name }}-object", "namespace": "{{ .Release.Namespace }}"},
        },
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: text}\n",
    ],
    "global": {"storageClass": "fast"},
}

CONSOLE: Final[dict[str, Any]] = {
    "enabled": True,
    "replicas": 2,
    "hosts": ["console.example.com"],
    "tokenHeader": "X-Forwarded-Access-Token",
    "keySecret": "console-key",
    "tlsSecret": "console-tls",
    "namespace": "vision",
    "podLabels": {"team": "vision"},
    "service": {"port": 443, "annotations": {"a": "b"}},
    "ingressFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
    "egress": [{"ports": [{"protocol": "TCP", "port": 6443}]}],
}


def container(documents: list[Object]) -> Object:
    [found] = of(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def environment(documents: list[Object]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container(documents)["env"]}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="the defaults"),
        pytest.param(EVERYTHING, id="everything"),
        pytest.param({"crds": {"enabled": False}}, id="without CRDs"),
        pytest.param({"crds": {"keep": False}}, id="CRDs that go"),
        pytest.param({"rbac": {"create": False, "userRoles": False, "runtimesForEveryone": False}}, id="no rights"),
        pytest.param({"serviceAccount": {"create": False, "name": "given"}}, id="an account that is there"),
        pytest.param({"service": {"enabled": False}}, id="no Service"),
        pytest.param({"networkPolicy": {"enabled": True, "ingressFrom": []}}, id="reached by no monitoring"),
        pytest.param({"podDisruptionBudget": {"enabled": True, "maxUnavailable": "50%"}}, id="a budget in percent"),
        pytest.param({"fullnameOverride": "n" * 63}, id="the longest name"),
        pytest.param({"image": {"tag": "1.2.3"}}, id="a tag"),
        pytest.param({"console": {"enabled": True}}, id="a console"),
        pytest.param({"console": CONSOLE, "networkPolicy": {"enabled": True}}, id="a console with everything"),
        pytest.param({"console": CONSOLE, "fullnameOverride": "n" * 63}, id="a console of the longest name"),
    ],
)
def test_every_rendering_is_valid(helm: Helm, values: dict[str, Any]) -> None:
    documents = helm.rendered(**values)
    assert faults(documents) == []
    names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in documents]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("chart", [CHART, CRD_CHART, RUNTIME_CHART], ids=lambda chart: chart.name)
def test_helm_lint_has_nothing_to_say_but_that_an_icon_is_missing(helm: Helm, chart: Any) -> None:
    said = [line for line in helm("lint", "--strict", chart).stdout.splitlines() if line.startswith("[")]
    assert said == ["[INFO] Chart.yaml: icon is recommended"]


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        pytest.param({}, "localhost/aiapp-operator:0.1.0", id="the version of the chart"),
        pytest.param({"repository": "r:5000/o", "tag": "x"}, "r:5000/o:x", id="a tag"),
        pytest.param({"repository": "r/o", "tag": "x", "digest": DIGEST}, f"r/o@{DIGEST}", id="a digest wins"),
    ],
)
def test_one_value_says_the_image(helm: Helm, image: dict[str, str], reference: str) -> None:
    documents = helm.rendered(image=image)
    assert container(documents)["image"] == reference
    assert of(documents, "Job")["spec"]["template"]["spec"]["containers"][0]["image"] == reference


def test_settings_become_environment_variables(helm: Helm) -> None:
    found = environment(helm.rendered(**EVERYTHING))
    expected = {
        "AIAPP_WORKERS": "8",
        "AIAPP_RESYNC_SECONDS": "500",
        "AIAPP_MAX_BYTES": "1099511627776",
        "AIAPP_ALLOW_HTTP": "true",
        "AIAPP_ALLOWED_HOSTS": "*.example.com,minio.storage.svc",
        "AIAPP_PIP_EXTRA_INDEX_URLS": "https://one.example.com/simple,https://two.example.com/simple",
        "HTTPS_PROXY": "http://proxy:3128",
        "HTTP_PROXY": "http://proxy:3129",
        "NO_PROXY": "10.0.0.0/8,.svc",
        "TZ": "UTC",
    }
    assert expected.items() <= found.items()


def test_a_fraction_stays_one(helm: Helm) -> None:
    assert environment(helm.rendered(settings={"driftSeconds": 0.5}))["AIAPP_DRIFT_SECONDS"] == "0.5"


def test_absent_settings_keep_the_defaults_of_the_operator(helm: Helm) -> None:
    own = {"AIAPP_POD", "AIAPP_NAMESPACE", "AIAPP_LEADER_ELECTION", "MALLOC_ARENA_MAX"}
    assert set(environment(helm.rendered())) == own


MAPPED: Final = {
    "version": "v1",
    "kind": "Training",
    "succeeded": ["status[phase=Done]"],
    "failed": ["status[phase=No]"],
}


@pytest.mark.parametrize(
    ("settings", "readable"),
    [
        pytest.param({}, {"jobs"}, id="the default"),
        pytest.param({"trainingJobKinds": []}, set(), id="none"),
        pytest.param(
            {"trainingJobKinds": ["trainjobs.trainer.kubeflow.org"]},
            {"trainjobs", "trainingruntimes", "clustertrainingruntimes"},
            id="another kind, with its runtimes",
        ),
        pytest.param(
            {"trainingJobKinds": ["jobs.batch"], "trainingJobMappings": {"trainings.ml.example.com": MAPPED}},
            {"jobs", "trainings"},
            id="a mapped kind",
        ),
    ],
)
def test_the_operator_may_read_the_training_jobs_that_it_is_told_to_and_no_others(
    helm: Helm, settings: dict[str, Any], readable: set[str]
) -> None:
    roles = [one for one in helm.rendered(settings=settings) if one["kind"] == "ClusterRole"]
    rules = [rule for role in roles for rule in role["rules"]]
    groups = {"batch", "kubeflow.org", "trainer.kubeflow.org", "ml.example.com", "batch.volcano.sh"}
    of_jobs = [rule for rule in rules if groups & set(rule["apiGroups"])]
    assert {resource for rule in of_jobs for resource in rule["resources"]} == readable
    assert {verb for rule in of_jobs for verb in rule["verbs"]} <= {"get", "list", "watch"}


def test_the_policy_says_of_every_kind_that_is_read_who_may_mark_its_jobs_as_those_of_exeml(helm: Helm) -> None:
    settings = {"trainingJobKinds": ["pytorchjobs.kubeflow.org"], "trainingJobMappings": {"trainings.ml.lan": MAPPED}}
    policies = [one for one in helm.rendered(settings=settings) if one["kind"] == "ValidatingAdmissionPolicy"]
    (policy,) = (one for one in policies if one["metadata"]["name"] == "aiapp-exeml-jobs")
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    found = {(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]}
    assert found == {("kubeflow.org", "pytorchjobs"), ("ml.lan", "trainings")}


@pytest.mark.parametrize(
    ("settings", "may"),
    [
        pytest.param({}, {"aiapplicationversions", "localsubjectaccessreviews"}, id="the default"),
        pytest.param({"registerTrainingJobs": False}, set(), id="switched off"),
    ],
)
def test_the_operator_may_create_versions_only_where_training_jobs_register_themselves(
    helm: Helm, settings: dict[str, Any], may: set[str]
) -> None:
    roles = [one for one in helm.rendered(settings=settings) if one["kind"] == "ClusterRole"]
    (role,) = (one for one in roles if any("customresourcedefinitions" in rule["resources"] for rule in one["rules"]))
    created = [rule for rule in role["rules"] if {"aiapp.dev", "authorization.k8s.io"} & set(rule["apiGroups"])]
    assert {what for rule in created if "create" in rule["verbs"] for what in rule["resources"]} == may


def test_the_pod_is_placed_as_the_values_say(helm: Helm) -> None:
    documents = helm.rendered(**EVERYTHING)
    pod = of(documents, "Deployment")["spec"]["template"]["spec"]
    placement = (
        "nodeSelector",
        "tolerations",
        "affinity",
        "topologySpreadConstraints",
        "priorityClassName",
        "hostUsers",
    )
    assert {key: pod[key] for key in placement} == {key: EVERYTHING[key] for key in placement}
    assert pod["serviceAccountName"] == "models"
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["volumes"][1:] == EVERYTHING["extraVolumes"]
    assert container(documents)["args"][-3:] == ["--log-format=plain", "-v", "-v"]


def test_the_login_of_the_own_registry_is_mounted_where_the_operator_looks_for_it(helm: Helm) -> None:
    documents = helm.rendered(registrySecret="own-registry", settings={"registry": "registry.example.com/models"})
    pod = of(documents, "Deployment")["spec"]["template"]["spec"]
    assert {"name": "registry", "secret": {"secretName": "own-registry"}} in pod["volumes"]
    (mounted,) = [mount for mount in container(documents)["volumeMounts"] if mount["name"] == "registry"]
    environment = {each["name"]: each.get("value") for each in container(documents)["env"]}
    assert environment["AIAPP_REGISTRY_CONFIG"] == f"{mounted['mountPath']}/.dockerconfigjson"
    assert environment["AIAPP_REGISTRY"] == "registry.example.com/models"


@pytest.mark.parametrize("own", ["", "registry.example.com/models"])
def test_an_operator_of_some_namespaces_keeps_unfinished_copies_where_it_has_a_registry(helm: Helm, own: str) -> None:
    documents = helm.rendered(settings={"watchNamespaces": ["red"], **({"registry": own} if own else {})})
    rules = [rule for each in documents if each["kind"] == "Role" for rule in each["rules"]]
    named = [rule["verbs"] for rule in rules if rule.get("resourceNames") == ["aiapp-copies"]]
    assert named == ([["get", "patch"]] if own else [])


def test_common_labels_and_annotations_are_on_every_object(helm: Helm) -> None:
    documents = helm.rendered(**EVERYTHING | {"extraObjects": []})
    for metadata in (each["metadata"] for each in documents):
        assert metadata["labels"]["team"] == "platform", metadata["name"]
        assert metadata["annotations"]["cost"] == "shared", metadata["name"]


def test_no_label_takes_the_operators_pods_from_it(helm: Helm) -> None:
    own = {"app.kubernetes.io/name": "other", "app.kubernetes.io/instance": "other", "kept": "yes"}
    documents = helm.rendered(podLabels=own, commonLabels=own, networkPolicy={"enabled": True})
    deployment = of(documents, "Deployment")["spec"]
    selector = deployment["selector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "aiapp-operator", "app.kubernetes.io/instance": "aiapp-operator"}
    assert {**selector, "kept": "yes"}.items() <= deployment["template"]["metadata"]["labels"].items()
    assert of(documents, "Service")["spec"]["selector"] == selector
    assert of(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == selector


def test_the_console_has_no_right_and_nothing_of_the_operator_leads_to_it(helm: Helm) -> None:
    without = helm.rendered(networkPolicy={"enabled": True})
    documents = helm.rendered(networkPolicy={"enabled": True}, console=CONSOLE)
    name = "aiapp-operator-console"
    pod = of(documents, "Deployment", name)["spec"]["template"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert of(documents, "ServiceAccount", name)["automountServiceAccountToken"] is False
    bound = [one["name"] for each in documents for one in each.get("subjects") or ()]
    assert pod["spec"]["serviceAccountName"] == name
    assert name not in bound
    projected = [volume for volume in pod["spec"]["volumes"] if "projected" in volume]
    assert projected == [], "no token comes another way"
    operators = of(without, "Service")["spec"]["selector"]
    assert not operators.items() <= pod["metadata"]["labels"].items()
    assert of(documents, "Service", name)["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert of(documents, "NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"].items() <= (
        pod["metadata"]["labels"].items()
    )


def test_further_objects_may_hold_templates(helm: Helm) -> None:
    names = {each["metadata"]["name"] for each in helm.rendered(**EVERYTHING) if each["kind"] == "ConfigMap"}
    assert names == {"text", "aiapp-operator-object"}


def test_the_shipped_runtimes_are_rendered_with_their_images(helm: Helm) -> None:
    image = "registry.example.com/pytorch:2.6"
    documents = helm.rendered(chart=RUNTIME_CHART, images={PYTORCH: image}, commonLabels={"team": "platform"})
    assert faults(documents) == []
    files = (ROOT / f"manifests/runtimes/{name}.yaml" for name in ("cann", "cpu", "engines"))
    shipped = {
        each["metadata"]["name"]: each["spec"] for file in files for each in yaml.safe_load_all(file.read_text())
    }
    shipped[PYTORCH.lower().replace("_", "-")]["image"] = image
    runtimes = [each for each in documents if each["kind"] == "InferenceRuntime"]
    assert {each["metadata"]["name"]: each["spec"] for each in runtimes} == shipped
    assert {each["metadata"]["labels"]["team"] for each in documents} == {"platform"}


def test_the_shipped_templates_are_rendered_to_the_byte_unless_they_are_not_wanted(helm: Helm) -> None:
    texts = (ROOT / "manifests/runtimes/templates.yaml").read_text()
    shipped = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(texts)}
    rendered = helm.rendered(chart=RUNTIME_CHART)
    templates = [each for each in rendered if each["kind"] == "InferenceTemplate"]
    assert {each["metadata"]["name"]: each["spec"] for each in templates} == shipped
    without = helm.rendered(chart=RUNTIME_CHART, templates=False)
    assert {each["kind"] for each in without} == {"InferenceRuntime"}


@pytest.mark.parametrize("given", ["registry.example.com/vllm:1", [{"image": "r/v:1", "chips": ["Ascend910B"]}]])
def test_images_of_the_installation_come_instead_of_those_that_the_chart_has(helm: Helm, given: Any) -> None:
    documents = helm.rendered(chart=RUNTIME_CHART, images={VLLM: given})
    spec = next(each["spec"] for each in documents if each["spec"].get("name") == VLLM)
    field, other = ("image", "images") if isinstance(given, str) else ("images", "image")
    assert spec[field] == given
    assert other not in spec


def test_an_image_for_a_runtime_that_is_not_shipped_is_refused_by_name(helm: Helm) -> None:
    done = helm("template", RUNTIME_CHART, values={"images": {"torch": "r/t:1"}}, check=False)
    assert "images: no shipped runtime is called torch" in done.stderr


def test_crds_say_that_they_are_kept_at_an_uninstallation(helm: Helm) -> None:
    def kept(**values: Any) -> set[str]:
        policy = "helm.sh/resource-policy"
        documents = helm.rendered(**values)
        return {each["kind"] for each in documents if policy in each["metadata"].get("annotations", {})}

    assert kept() == kept(chart=CRD_CHART) == {"CustomResourceDefinition"}
    assert kept(crds={"keep": False}) == kept(chart=CRD_CHART, keep=False) == set()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"replicaCount": 2}, "replicaCount", id="a value that there is not"),
        pytest.param({"settings": {"workers": 1000}}, "/settings/workers", id="a setting out of its bounds"),
        pytest.param({"image": {"digest": "latest"}}, "/image/digest", id="a digest that is none"),
    ],
)
def test_helm_refuses_values_by_the_schema_and_says_where(helm: Helm, values: dict[str, Any], said: str) -> None:
    done = helm("template", CHART, values=values, check=False)
    assert done.returncode != 0
    assert said in done.stderr


def test_an_older_kubernetes_is_refused(helm: Helm) -> None:
    done = helm("template", CHART, "--kube-version=1.29.9", check=False)
    assert "requires kubeVersion: >=1.30.0-0" in done.stderr


def test_the_pod_of_helm_test_is_none_that_the_service_leads_to_and_may_reach_the_operator(helm: Helm) -> None:
    documents = helm.rendered(networkPolicy={"enabled": True, "ingressFrom": []})
    labels = of(documents, "Job")["spec"]["template"]["metadata"]["labels"]
    assert not of(documents, "Service")["spec"]["selector"].items() <= labels.items()
    [rule] = of(documents, "NetworkPolicy")["spec"]["ingress"]
    assert [peer["podSelector"]["matchLabels"] for peer in rule["from"]] == [labels]
