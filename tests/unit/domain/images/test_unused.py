"""What is said of fields that the server of a version does not hear."""

import pytest
from tests.support.records import (
    SKLEARN,
    application,
    custom_version,
    deployed,
    image_version,
    normal_version,
    observed,
)

from aiapp.api.conditions import ConditionType
from aiapp.api.container import OF_IMAGES, Container
from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.images.unused import unused_by_image, unused_by_runtime, unused_in_serving
from aiapp.domain.records import VersionRecord


@pytest.mark.parametrize("container", [None, Container(), Container.model_validate({"npu": {"count": 1}})])
def test_nothing_is_said_of_what_has_an_effect(container: Container | None) -> None:
    assert unused_by_image(container) == unused_by_runtime(container) == ""


def test_a_runtime_is_started_and_asked_its_own_way() -> None:
    container = Container.model_validate({"port": 9000, "health": {"path": "/h"}})
    assert unused_by_runtime(container) == (
        "container: port, health have no effect: a runtime says how it is started and asked"
    )


def test_the_fields_of_images_are_those_of_a_container() -> None:
    assert set(OF_IMAGES) <= set(Container.model_fields)


def test_an_image_has_no_workers() -> None:
    container = Container.model_validate({"workers": 2})
    assert unused_by_image(container) == "container: workers has no effect: an image brings a server of its own"


def test_an_image_does_not_hear_the_limits_of_the_model_server() -> None:
    served = ServedVersion.model_validate({"version": "1.0.0", "workers": 2})
    serving = Serving.model_validate({"versions": [served], "limits": {"bodyBytes": 1024, "queue": 8}})
    assert unused_in_serving(served, serving) == (
        "serving: workers, limits.bodyBytes, limits.queue have no effect: an image brings a server of its own"
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param(image_version(), "version 1.0.0: serving: limits.queue has no effect", id="an image"),
        pytest.param(custom_version(), "version 1.0.0: serving: limits.queue has no effect", id="a custom engine"),
        pytest.param(normal_version(), "1 pod ready", id="our model server"),
    ],
)
def test_an_application_that_runs_says_which_of_its_words_have_no_effect(version: VersionRecord, expected: str) -> None:
    app = application(spec__serving__limits={"queue": 8})
    template = next(one for one in plan(observed(app, version)).apply if one["kind"] == "Deployment")["spec"][
        "template"
    ]
    children = Children(deployments=(deployed(template=template),))
    seen = observed(app, version, children=children)
    found = {one.type: one.message for one in assess(seen, plan(seen)).findings}
    assert expected in found[ConditionType.WORKLOADS_AVAILABLE]
    assert ("no effect" in found[ConditionType.WORKLOADS_AVAILABLE]) == ("no effect" in expected)
    assert SKLEARN not in found[ConditionType.WORKLOADS_AVAILABLE]


def test_a_server_that_the_runtime_brings_has_no_workers_and_another_no_parameters() -> None:
    container = Container.model_validate({"workers": 2, "parameters": {"contextLength": 1}})
    assert unused_by_runtime(container, brings_server=True) == (
        "container: workers has no effect: the runtime brings a server of its own"
    )
    assert unused_by_runtime(container) == (
        "container: parameters has no effect: they are for a server that a runtime brings, and this one brings none"
    )
