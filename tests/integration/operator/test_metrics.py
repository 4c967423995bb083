"""What a running operator tells Prometheus of what it did."""

from prometheus_client.parser import text_string_to_metric_families
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.records import SKLEARN
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.monitoring.definitions import GROUPS
from aiapp_sandbox.profiles import SimulatedNode


def test_an_import_a_rollout_and_the_state_of_both_objects_are_told(operator: Operator, registry: Registry) -> None:
    started = operator.metric("aiapp_rollouts_total", result="started")
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application()
    registry.until(version, "Ready", "True")
    registry.until(application, "VersionsResolved", "True")
    eventually(lambda: registry.find("v1", "Service", "mnist"))
    here = {"namespace": registry.namespace}
    assert eventually(lambda: operator.metric("aiapp_version_ready_status", condition="True", **here) == 1)
    assert operator.metric("aiapp_version_artifact_bytes", **here) > 0
    assert eventually(lambda: operator.metric("aiapp_application_ready_status", condition="False", **here) == 1)
    assert operator.metric("aiapp_import_duration_seconds_count", result="valid") >= 1
    assert operator.metric("aiapp_store_requests_total", code="200", method="GET") >= 1
    assert eventually(lambda: operator.metric("aiapp_rollouts_total", result="started") > started)


def test_a_failed_import_counts_under_its_reason(operator: Operator, registry: Registry) -> None:
    upload(registry.bucket, "mnist", package(model__config_json="no JSON"))
    registry.until(registry.version(), "Ready", "False", "ConfigInvalid")
    assert operator.metric("aiapp_import_failures_total", reason="ConfigInvalid") >= 1
    here = {"namespace": registry.namespace, "reason": "ConfigInvalid"}
    assert eventually(lambda: operator.metric("aiapp_version_status", **here) == 1)


def test_nodes_and_what_runtimes_find_there_are_told(operator: Operator, sandbox: Sandbox) -> None:
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        assert eventually(lambda: operator.metric("aiapp_fleet_nodes", chip="none", ready="true") == 1)
        assert eventually(lambda: operator.metric("aiapp_runtime_nodes", runtime=SKLEARN, verdict="Compatible") == 1)
    assert eventually(lambda: operator.metric("aiapp_fleet_nodes") == 0)


def test_every_metric_is_one_that_the_reference_has(operator: Operator) -> None:
    known = {definition.name.removesuffix("_total") for group in GROUPS.values() for definition in group}
    families = text_string_to_metric_families(operator.health("/metrics")[1])
    told = {family.name for family in families if not family.name.startswith(("process_", "python_"))}
    assert told <= known
    assert len(told) > 30
