"""The operator killed at each of its writes while it imports from a training job: the end is always the same.

The Job controller is real; the test says how the job's pod ends, and that is also when no operator runs.
"""

import json
import re
from functools import partial
from typing import Final

import pytest
from tests.integration.operator.test_crashes import end_state
from tests.integration.operator.test_training_jobs import DIGEST, version_of
from tests.support.killing import Proxied, fresh, proxied
from tests.support.kube import Kube, Object
from tests.support.live_jobs import end, job, pod_of, ran
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually
from tests.support.write_proxy import WriteProxy

__all__ = ["proxied"]

RECORD: Final = re.compile(r"aiapp-provenance-[0-9a-f]{32}")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SUM: Final = re.compile(r"sha256:[0-9a-f]{64}")


def trained(registry: Registry) -> None:
    """The pod of the job runs, and has a digest; then the job succeeds."""
    train = registry.kube.get("batch/v1", "Job", "train", registry.namespace)
    registry.kube.patch(pod_of(registry, train), {"status": ran("Running", DIGEST)}, subresource="status")
    end(registry, train, "Succeeded", DIGEST)


def converged(registry: Registry, version: Object) -> list[str]:
    """All that the operator keeps of the version, without what names this run."""
    registry.until(version, "Ready", "True", "Normal")
    record = registry.now(version)["status"]["provenance"]["record"]["name"]
    eventually(lambda: records(registry) == [record])
    found = sorted(json.dumps(obj, sort_keys=True) for obj in end_state(registry))
    return [UID.sub("UID", MOMENT.sub("MOMENT", SUM.sub("SUM", RECORD.sub("RECORD", one)))) for one in found]


def records(registry: Registry) -> list[str]:
    """Names of the ConfigMaps with provenance."""
    config_maps = registry.kube.list("v1", "ConfigMap", registry.namespace)
    return [name for one in config_maps if RECORD.fullmatch(name := one["metadata"]["name"])]


@pytest.mark.timeout(900)
def test_a_kill_at_any_write_changes_nothing_in_the_end(
    proxied: Proxied, kube: Kube, bucket: Bucket, runtime_image: str
) -> None:
    assert runtime_image
    upload(bucket, "run-7", package())

    def begun() -> tuple[Registry, Object]:
        registry = fresh(kube, bucket)
        job(registry)
        return registry, version_of(registry)

    def live(registry: Registry, version: Object) -> None:
        eventually(partial(_has_begun, proxied.proxy, registry, version))
        trained(registry)
        eventually(partial(_is_over, proxied.proxy, registry, version))

    reference = fresh(kube, bucket)
    proxied.start(reference)
    job(reference)
    version = version_of(reference)
    eventually(lambda: reference.condition(version, "SourceResolved")["reason"] == "TrainingJobRunning")
    trained(reference)
    expected = converged(reference, version)
    eventually(lambda: any("/events" in write for write in proxied.proxy.written))
    for number, registry, version in proxied.killed_at_each_write(begun, live):
        assert converged(registry, version) == expected, f"killed at write {number}"


def _has_begun(proxy: WriteProxy, registry: Registry, version: Object) -> bool:
    return proxy.struck.is_set() or registry.condition(version, "SourceResolved")["reason"] == "TrainingJobRunning"


def _is_over(proxy: WriteProxy, registry: Registry, version: Object) -> bool:
    """It was killed; or it needed fewer writes this time, since it saw two changes of the job as one."""
    return proxy.struck.is_set() or registry.condition(version, "Ready")["status"] == "True"
