"""A version that a template makes: what is pinned is what was read, whatever becomes of the template meanwhile."""

import pytest
from tests.support.bucket import Bucket
from tests.support.documents import ABSENT, changed, template, version
from tests.support.world import World

from aiapp.domain.kubernetes.resources import TEMPLATES, VERSIONS, Json

NAME = "mnist-1.0.0"
HANDLER = "class Service:\n    def _inference(self, data):\n        return data\n"
MADE = changed(template(), spec__handlers={"predictiveAnalytics": HANDLER})
SOURCE = {"template": {"name": "tables", "inputs": [{"name": "model", "uri": "obs://models/iris/"}]}}


class Made(World):
    """With a version that names the template `tables`, which exists."""

    def __init__(self) -> None:
        super().__init__(Bucket({"best.pkl": b"w"}, prefix="iris/"))
        document = changed(self.now_of(VERSIONS, NAME), spec=version()["spec"] | {"source": SOURCE})
        self.hold(VERSIONS, document, document["metadata"]["uid"])
        self.put_template(MADE)

    def put_template(self, document: Json) -> None:
        self.store.put(TEMPLATES, self.api.hold(changed(document, metadata__generation=1), "uid-tables"))

    def lose_template(self) -> None:
        self.store.remove(TEMPLATES, self.api.objects.pop((TEMPLATES, "", "tables")))

    @property
    def reason(self) -> str:
        return str(self.condition(VERSIONS, NAME)["reason"])


@pytest.fixture
def world() -> Made:
    return Made()


async def test_inputs_and_template_are_pinned_as_one(world: Made) -> None:
    await world.look()
    assert world.status["artifact"]["objects"] == 3
    assert world.status["source"]["uri"] == "obs://models/"
    assert world.status["source"]["template"]["name"] == "tables"
    assert world.status["model"]["runtime"] == MADE["spec"]["runtime"]


async def test_a_template_that_is_deleted_while_it_is_read_is_pinned_as_it_was_read(world: Made) -> None:
    world.bucket.before["list"] = lambda _: (
        world.lose_template() if world.api.objects.get((TEMPLATES, "", "tables")) else None
    )
    await world.look()
    assert world.status["artifact"]["objects"] == 3
    await world.compare()
    assert world.triggered == []


async def test_a_template_that_changes_while_it_is_read_is_pinned_as_it_was_read(world: Made) -> None:
    untouched = Made()
    await untouched.look()
    world.bucket.before["list"] = lambda _: world.put_template(changed(MADE, spec__files={"more.txt": "x"}))
    await world.look()
    assert world.status["artifact"]["pin"] == untouched.status["artifact"]["pin"]


async def test_without_its_template_a_version_says_so_and_goes_on_when_it_comes(world: Made) -> None:
    world.lose_template()
    await world.look()
    assert world.reason == "TemplateNotFound"
    assert "artifact" not in world.status
    world.put_template(MADE)
    await world.look()
    assert "artifact" in world.status


async def test_a_template_that_is_being_deleted_is_none(world: Made) -> None:
    world.put_template(changed(MADE, metadata__deletionTimestamp="2026-01-01T00:00:00Z"))
    await world.look()
    assert world.reason == "TemplateNotFound"


async def test_a_stored_template_that_breaks_a_rule_is_named(world: Made) -> None:
    world.put_template(changed(MADE, spec__engine="Fortran"))
    await world.look()
    assert world.reason == "TemplateInvalid"


async def test_inputs_that_change_while_they_are_read_are_read_again(world: Made) -> None:
    def another(number: int) -> None:
        world.bucket.files["best.pkl"] = b"w2" if number > 1 else b"w"

    world.bucket.before["list"] = another
    await world.look()
    assert len(world.bucket.listed) == 3
    settled = Made()
    settled.bucket.files["best.pkl"] = b"w2"
    await settled.look()
    assert world.status["artifact"]["pin"] == settled.status["artifact"]["pin"]


async def test_a_manifest_is_made_again_only_while_the_template_gives_the_same(world: Made) -> None:
    await world.look()
    (name,) = world.config_maps
    world.api.objects.pop(next(place for place in world.api.objects if place[2] == name))
    world.put_template(changed(MADE, spec__files={"more.txt": "x"}))
    await world.compare()
    assert world.config_maps == {}
    world.put_template(MADE)
    await world.compare()
    assert set(world.config_maps) == {name}


async def test_where_its_own_config_names_no_runtime_the_template_does(world: Made) -> None:
    config = '{"model_type": "Scikit_Learn", "model_algorithm": "x"}'
    own = {"config.json": config, "customize_service.py": HANDLER}
    world.put_template(changed(template(), spec__mode=ABSENT, spec__files=own))
    await world.look()
    assert world.status["model"]["runtime"] == MADE["spec"]["runtime"]
    assert "mode" not in world.status["source"]["template"]
