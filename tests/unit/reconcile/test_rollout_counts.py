"""What counts as the start of a rollout."""

from tests.support import documents
from tests.support.records import NORMAL, PIN, SKLEARN, stored
from tests.support.world import World

from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, RUNTIMES


async def started(world: World) -> bool:
    return b'aiapp_rollouts_total{result="started"} 1.0' in await world.metrics.text()


async def test_a_version_that_is_rendered_counts_once_however_often_its_application_is_looked_at() -> None:
    world = World()
    runtime = stored(documents.changed(documents.runtime(SKLEARN), spec__image="r/sklearn:1"))
    world.hold(RUNTIMES, runtime, "uid-runtime")
    world.set_status(NORMAL)
    metadata = {"name": manifest_config_map(PIN), "namespace": "team", "labels": {MANAGED_BY_LABEL: MANAGED_BY}}
    world.hold(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, "uid-manifest")
    assert not await started(world)
    for _ in range(3):
        await world.of_applications(world.application)
    assert await started(world)
