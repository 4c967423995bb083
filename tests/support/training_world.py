"""The training job `train` and its version, in a world in memory whose test plays the job."""

from typing import Any, Final

from tests.support import documents
from tests.support.documents import changed
from tests.support.records import stored
from tests.support.world import UNSEEN, World

from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.training.kinds import BUILT_IN

JOBS: Final = BUILT_IN[0].resource
NAME: Final = "mnist-1.0.0"
LATER: Final = "2026-01-02T12:00:00Z"


def world_of(**source: Any) -> World:
    """A world whose version is made of the job `train`."""
    world = World()
    version = changed(documents.version(), spec__source={"trainingJob": {"name": "train", **source}})
    world.hold(VERSIONS, stored(version, status=UNSEEN[VERSIONS]), "uid-of-the-job's-version")
    return world


def registering() -> World:
    """A world in which jobs register themselves."""
    world = World()
    world.registrations.begin()
    return world


def put(world: World, document: Json) -> None:
    """The job is so, and the watch tells of it."""
    world.api.objects[JOBS, "team", document["metadata"]["name"]] = document
    if (kept := world.training_jobs.trim(document)) is not None:
        world.training_jobs.put(JOBS, kept)


def remove(world: World) -> None:
    """The job goes, and the watch tells of it."""
    world.training_jobs.remove(JOBS, world.api.objects.pop((JOBS, "team", "train")))


def resolved(world: World) -> tuple[str, str]:
    """Status and reason of `SourceResolved`."""
    found = world.condition(VERSIONS, NAME, "SourceResolved")
    return found["status"], found["reason"]


def restart(world: World) -> None:
    """The operator forgets what it has seen of jobs."""
    world.training_jobs._seen.clear()
