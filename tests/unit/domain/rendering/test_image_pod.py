"""The pod template of an image of the user's own."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.expansion import expanded
from tests.support.records import application, custom_version, image_version, observed

from aiapp.domain.application.plan import plan
from aiapp.domain.application.rollout import Rendered
from aiapp.domain.records import VersionRecord

GOLDEN = Path(__file__).parents[3] / "data/golden"
EVERYTHING: dict[str, Any] = {
    "image": "r/server:1",
    "command": ["/serve"],
    "args": ["--port", "8443"],
    "port": 8443,
    "protocol": "HTTPS",
    "health": {"path": "/healthz", "initialDelaySeconds": 0, "periodSeconds": 2, "failureThreshold": 3},
    "user": {"uid": 2000, "gid": 3000},
    "sharedMemory": "1Gi",
    "env": [{"name": "LEVEL", "value": "1"}],
    "resources": {"limits": {"memory": "2Gi"}},
    "imagePullSecrets": [{"name": "registry"}],
}
VERSIONS = {"image": image_version, "custom": lambda: custom_version(container=EVERYTHING)}


def pod(version: VersionRecord, **serving: Any) -> dict[str, Any]:
    """The pod's spec; `serving` are fields of the application."""
    app = application(**{f"spec__serving__{name}": value for name, value in serving.items()})
    (made,) = plan(observed(app, version)).rollouts
    assert isinstance(made, Rendered)
    return dict(made.template["spec"])


def served(version: VersionRecord, **serving: Any) -> dict[str, Any]:
    """Its container."""
    (container,) = pod(version, **serving)["containers"]
    return dict(container)


def annotations(version: VersionRecord) -> dict[str, str]:
    (made,) = plan(observed(application(), version)).rollouts
    assert isinstance(made, Rendered)
    return dict(made.template["metadata"]["annotations"])


def test_it_is_asked_for_metrics_only_where_its_version_says_that_it_has_some() -> None:
    assert annotations(custom_version(container=EVERYTHING))["aiapp.dev/metrics-port"] == "none"
    assert "aiapp.dev/metrics-port" not in annotations(custom_version(container=EVERYTHING | {"metrics": True}))


def test_its_arguments_mean_what_they_mean_everywhere_in_kubernetes() -> None:
    container = served(custom_version(container=EVERYTHING | {"args": ["$(LEVEL)", "$$(LEVEL)"]}))
    assert [expanded(one, {"LEVEL": "1"}) for one in container["args"]] == ["1", "$(LEVEL)"]


@pytest.mark.parametrize("name", list(VERSIONS))
def test_the_template_is_as_it_was(name: str, pytestconfig: pytest.Config) -> None:
    file, spec = GOLDEN / f"pod-{name}.yaml", pod(VERSIONS[name]())
    if pytestconfig.getoption("--update-golden"):
        file.write_text(yaml.safe_dump(spec, sort_keys=False))
    assert spec == yaml.safe_load(file.read_text())


@pytest.mark.parametrize(
    ("said", "user", "group"),
    [
        pytest.param(None, 1000, 1000, id="nothing, which is root"),
        pytest.param("0", 1000, 1000, id="root by number"),
        pytest.param("root", 1000, 1000, id="root by name"),
        pytest.param("app", 1000, 1000, id="a name"),
        pytest.param("1001", 1001, None, id="a number: its group is the image's"),
        pytest.param("1001:0", 1001, 0, id="a number and the group of root"),
        pytest.param("1001:staff", 1001, None, id="a number and the name of a group"),
        pytest.param("4294967296", 1000, 1000, id="a number that is no user"),
        pytest.param("²", 1000, 1000, id="a digit that is none"),
    ],
)
def test_it_runs_as_the_images_user_if_that_is_a_number_and_never_as_root(
    said: str | None, user: int, group: int | None
) -> None:
    context = pod(image_version(image={"user": said}))["securityContext"]
    assert (context["runAsUser"], context.get("runAsGroup"), context["runAsNonRoot"]) == (user, group, True)


def test_its_volumes_belong_to_a_group_of_the_images_user() -> None:
    assert pod(image_version(image={"user": "1001"}))["securityContext"]["fsGroup"] == 1001


def test_root_has_to_be_asked_for() -> None:
    spec = pod(image_version(spec__container={"user": {"uid": 0, "gid": 0}}))
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsNonRoot"]) == (0, False)
    assert "env" not in spec["containers"][0] or spec["containers"][0]["env"] == []


@pytest.mark.parametrize(
    ("said", "home"),
    [
        pytest.param(None, "/tmp", id="another than the image's"),
        pytest.param("app", "/tmp", id="perhaps another"),
        pytest.param("1001", None, id="the image's own"),
    ],
)
def test_a_user_whom_the_image_does_not_know_has_a_home_that_it_can_write(said: str | None, home: str | None) -> None:
    variables = {one["name"]: one["value"] for one in served(image_version(image={"user": said}))["env"]}
    assert variables.get("HOME") == home


def test_a_home_that_was_asked_for_stays() -> None:
    variables = served(image_version(spec__container={"env": [{"name": "HOME", "value": "/data"}]}))["env"]
    assert variables == [{"name": "HOME", "value": "/data"}]


def test_it_keeps_to_the_strictest_pod_security_by_default() -> None:
    spec = pod(image_version())
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize(
    ("container", "image", "expected"),
    [
        pytest.param({}, {}, 8080, id="of nobody: ModelArts'"),
        pytest.param({}, {"port": 9000}, 9000, id="of the image"),
        pytest.param({"port": 7000}, {"port": 9000}, 7000, id="of the version, which wins"),
    ],
)
def test_its_port_is_the_declared_one(container: dict[str, Any], image: dict[str, Any], expected: int) -> None:
    made = served(image_version(spec__container=container, image=image))
    assert made["ports"] == [{"name": "http", "containerPort": expected, "protocol": "TCP"}]


@pytest.mark.parametrize(("port", "expected"), [(80, "0"), (1023, "0"), (1024, None)])
def test_a_port_that_is_roots_elsewhere_may_be_opened_by_any_user_of_its_pod(port: int, expected: str | None) -> None:
    context = pod(image_version(spec__container={"port": port}))["securityContext"]
    settings = {one["name"]: one["value"] for one in context.get("sysctls", ())}
    assert settings.get("net.ipv4.ip_unprivileged_port_start") == expected


def test_a_port_of_https_has_that_name_and_is_checked_so() -> None:
    made = served(image_version(spec__container={"protocol": "HTTPS", "health": {"path": "/h"}}))
    assert made["ports"][0]["name"] == "https"
    assert made["readinessProbe"]["httpGet"] == {"path": "/h", "port": "https", "scheme": "HTTPS"}


def test_without_a_health_check_it_is_up_when_its_port_is_open() -> None:
    made = served(image_version())
    assert made["readinessProbe"]["tcpSocket"] == made["startupProbe"]["tcpSocket"] == {"port": "http"}
    assert "initialDelaySeconds" not in made["startupProbe"]


def test_a_command_is_run_as_the_health_check() -> None:
    made = served(image_version(spec__container={"health": {"command": ["/check", "--fast"]}}))
    assert made["readinessProbe"]["exec"] == {"command": ["/check", "--fast"]}


def test_a_declared_health_check_has_the_defaults_of_modelarts() -> None:
    made = served(image_version(spec__container={"health": {"path": "/health"}}))
    assert made["startupProbe"]["initialDelaySeconds"] == 12
    assert (made["readinessProbe"]["periodSeconds"], made["readinessProbe"]["failureThreshold"]) == (5, 12)


@pytest.mark.parametrize("delay", [0, 12, 13, 600, 10_000])
def test_it_has_the_whole_deploy_timeout_to_start(delay: int) -> None:
    container = {"health": {"path": "/h", "initialDelaySeconds": delay}}
    probe = served(image_version(spec__container=container), deployTimeoutSeconds=600)["startupProbe"]
    tried = probe.get("initialDelaySeconds", 0) + probe["periodSeconds"] * probe["failureThreshold"]
    assert 600 <= max(tried, 600) <= max(600, delay) + probe["periodSeconds"]
    assert tried >= 600


def test_nothing_restarts_it_but_its_own_end() -> None:
    assert "livenessProbe" not in served(image_version(spec__container={"health": {"path": "/h"}}))


@pytest.mark.parametrize(("grace", "sleep"), [(None, 20), (60, 20), (30, 10), (1, 1)])
def test_it_is_told_to_end_when_the_cluster_has_forgotten_it(grace: int | None, sleep: int) -> None:
    wishes = {"pod": {"terminationGracePeriodSeconds": grace}} if grace else {}
    spec = pod(image_version(), **wishes)
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": sleep}}}
    assert spec["terminationGracePeriodSeconds"] == (grace or 20 + 90)


def test_its_entry_point_and_arguments_are_the_images_unless_declared() -> None:
    assert not {"command", "args"} & set(served(image_version()))
    made = served(image_version(spec__container={"args": ["--fast"]}))
    assert "command" not in made
    assert made["args"] == ["--fast"]


def test_a_custom_engine_finds_the_package_where_packages_are_and_has_no_model_server() -> None:
    spec = pod(custom_version())
    (fetcher,) = spec["initContainers"]
    assert "--server" not in fetcher["args"]
    folders = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert folders == {"/home/mind/model", "/home/ma-user/infer/model/1", "/tmp"}
    assert "server" not in {volume["name"] for volume in spec["volumes"]}


def test_the_fetcher_of_a_custom_engine_writes_as_the_user_that_reads() -> None:
    context = pod(custom_version(container={"user": {"uid": 2000, "gid": 3000}}))["securityContext"]
    assert (context["runAsUser"], context["fsGroup"]) == (2000, 3000)


def test_an_image_gets_what_the_application_adds_to_pods() -> None:
    claim = {"claimName": "data", "mountPath": "/data"}
    made = served(image_version(), pod={"claims": [claim], "envFrom": [{"secretRef": {"name": "keys"}}]})
    assert made["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert {"name": "claim-0", "mountPath": "/data"} in made["volumeMounts"]


def test_an_image_asks_for_ephemeral_storage_beside_its_layers() -> None:
    assert served(image_version())["resources"]["requests"]["ephemeral-storage"] == "512Mi"
