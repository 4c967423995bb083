"""What counts as the start of a rollout."""

from tests.support import documents
from tests.support.records import NORMAL, PIN, SKLEARN, condition, pod, stored
from tests.support.world import World

from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, PODS, RUNTIMES


async def started(world: World) -> bool:
    return b'aiapp_rollouts_total{result="started"} 1.0' in await world.metrics.text()


def ready_to_serve() -> World:
    """The version is pinned, and its runtime has an image."""
    world = World()
    runtime = stored(documents.changed(documents.runtime(SKLEARN), spec__image="r/sklearn:1"))
    world.hold(RUNTIMES, runtime, "uid-runtime")
    world.set_status(NORMAL)
    metadata = {"name": manifest_config_map(PIN), "namespace": "team", "labels": {MANAGED_BY_LABEL: MANAGED_BY}}
    world.hold(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, "uid-manifest")
    return world


async def test_a_version_that_is_rendered_counts_once_however_often_its_application_is_looked_at() -> None:
    world = ready_to_serve()
    assert not await started(world)
    for _ in range(3):
        await world.of_applications(world.application)
    assert await started(world)


async def test_the_status_remembers_how_the_first_pod_came_up_with_the_write_that_tells_of_it() -> None:
    world = ready_to_serve()
    await world.of_applications(world.application)
    made = world.api.objects[DEPLOYMENTS, "team", "mnist-1-0-0"]
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    world.hold(
        DEPLOYMENTS, made | {"metadata": made["metadata"] | {"generation": 1}, "status": status}, "uid-deployment"
    )
    running = pod(conditions=[condition("PodScheduled"), condition("Ready")]) | {"apiVersion": "v1", "kind": "Pod"}
    world.hold(PODS, running, "uid-pod")
    before = world.writes
    await world.of_applications(world.application)
    told = [one["reason"] for one in world.now_of(APPLICATIONS, "mnist")["status"]["events"]]
    assert told == ["Running", "PodReady", "Scheduled", "Deploying"]
    assert world.writes == before + 1
    await world.of_applications(world.application)
    assert world.writes == before + 1
