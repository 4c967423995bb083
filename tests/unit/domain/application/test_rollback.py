"""Going back to what was served before."""

from typing import Any

import orjson
import pytest
from tests.support import documents
from tests.support.records import CREATED, stored

from aiapp.domain.application.rollback import CannotRollBackError, edit, manifest, past, rollback, worded
from aiapp.domain.kubernetes.resources import Json

ONE = {"versions": [{"version": "1.0.0"}]}
TWO = {"versions": [{"version": "1.1.0"}]}
BOTH = {"versions": [{"version": "1.0.0", "weight": 90}, {"version": "1.1.0", "weight": 10}]}


def noted(revision: int, serving: Json, outcome: str = "Succeeded", **more: Any) -> Json:
    versions = [{"weight": 100} | one for one in serving["versions"]]
    about = {"revision": revision, "generation": revision, "time": CREATED, "manager": "kubectl-edit"}
    return about | {"outcome": outcome, "versions": versions, "serving": orjson.dumps(serving).decode()} | more


def application(serving: Json | None, *history: Json) -> Json:
    raw = stored(documents.application(), status={"history": list(history)})
    raw["metadata"]["resourceVersion"] = "7"
    return raw | {"spec": {"displayName": "MNIST"} | ({"serving": serving} if serving else {})}


@pytest.mark.parametrize(
    ("now", "history", "to", "expected"),
    [
        pytest.param(TWO, [noted(2, TWO), noted(1, ONE)], None, 1, id="the one before"),
        pytest.param(TWO, [noted(3, TWO), noted(2, BOTH, "Failed"), noted(1, ONE)], None, 1, id="one that failed"),
        pytest.param(TWO, [noted(3, TWO), noted(2, BOTH), noted(1, ONE)], 1, 1, id="the one that is named"),
        pytest.param(TWO, [noted(3, TWO), noted(2, BOTH, "Failed"), noted(1, ONE)], 2, 2, id="failed, but named"),
        pytest.param(None, [noted(2, TWO), noted(1, ONE)], None, 2, id="nothing is served now"),
        pytest.param(BOTH, [noted(2, TWO), noted(1, ONE)], None, 2, id="the present one is not noted yet"),
        pytest.param(TWO, [noted(3, TWO), noted(2, TWO), noted(1, ONE)], None, 1, id="the same twice"),
    ],
)
def test_it_goes_back_to_the_last_other_one_that_succeeded_or_to_the_one_that_is_named(
    now: Json | None, history: list[Json], to: int | None, expected: int
) -> None:
    back = rollback(application(now, *history), to)
    wanted = {one["revision"]: orjson.loads(one["serving"]) for one in history}[expected]
    assert (back.target.revision, back.serving) == (expected, wanted)


def test_it_stays_stopped() -> None:
    back = rollback(application(TWO | {"stopped": True}, noted(2, TWO), noted(1, ONE)), None)
    assert back.serving == ONE | {"stopped": True}


@pytest.mark.parametrize(
    ("history", "to", "message"),
    [
        pytest.param([], None, "has no history yet", id="no history"),
        pytest.param([noted(1, TWO)], None, "no other configuration has succeeded; there is 1", id="one alone"),
        pytest.param([noted(3, TWO), noted(2, ONE)], 7, "has no revision 7; there are 3, 2", id="no such one"),
        pytest.param([noted(1, TWO)], 1, "asks for revision 1 already", id="the present one"),
        pytest.param(
            [noted(2, TWO), noted(1, ONE) | {"serving": None}], 1, "take it from your files", id="too long to keep"
        ),
    ],
)
def test_what_cannot_be_done_is_said(history: list[Json], to: int | None, message: str) -> None:
    with pytest.raises(CannotRollBackError, match=message):
        rollback(application(TWO, *history), to)


def test_the_manifest_is_for_git() -> None:
    made = manifest(application(TWO, noted(1, ONE)), ONE)
    assert made["metadata"] == {"name": "mnist", "namespace": "team"}
    assert made["spec"] == {"displayName": "MNIST", "serving": ONE}
    assert "status" not in made


def test_the_edit_replaces_the_whole_configuration_of_the_object_as_it_was_read() -> None:
    assert edit(application(TWO), ONE) == [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "add", "path": "/spec/serving", "value": ONE},
    ]
    bare = application(TWO)
    del bare["spec"]
    assert edit(bare, ONE)[1] == {"op": "add", "path": "/spec", "value": {"serving": ONE}}


def test_a_configuration_is_worded_by_its_shares() -> None:
    one, both = past(application(TWO, noted(2, ONE), noted(1, BOTH)))
    assert (worded(one), worded(both)) == ("1.0.0", "1.0.0 90 %, 1.1.0 10 %")
