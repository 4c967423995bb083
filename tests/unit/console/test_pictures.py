"""Pictures, by their coordinates."""

from datetime import timedelta

from tests.support.records import NOON, on_the_way

from aiapp.api.application_status import TrafficChange
from aiapp.api.steps import RolloutProgress
from aiapp.console.pictures.fleet import fleet_picture
from aiapp.console.pictures.rollout import rollout_picture
from aiapp.console.pictures.traffic import HEIGHT, WIDTH, traffic_picture


def change(minutes: int, **shares: int) -> TrafficChange:
    after = {version.replace("_", "."): share for version, share in shares.items()}
    document = {"time": NOON + timedelta(minutes=minutes), "from": {}, "to": after, "cause": "spec changed"}
    return TrafficChange.model_validate({**document, "generation": 1})


def test_traffic_is_as_wide_as_it_lasted_and_as_high_as_its_share() -> None:
    log = [change(30, **{"1_0_0": 25, "1_1_0": 75}), change(0, **{"1_0_0": 100})]
    found = traffic_picture(log, NOON + timedelta(minutes=60))
    assert found is not None
    whole, old, new = found.boxes
    assert whole.x == 0
    assert old.x == new.x == whole.width
    assert round(whole.width + old.width, 6) == WIDTH
    assert (old.height, new.height) == (HEIGHT * 0.25, HEIGHT * 0.75)
    assert new.y + new.height == old.y
    assert [entry.text for entry in found.legend] == ["1.0.0", "1.1.0"]


def test_what_lasted_a_moment_can_be_seen() -> None:
    log = [change(1000, **{"1_1_0": 100}), change(0, **{"1_0_0": 100})]
    found = traffic_picture(log, NOON + timedelta(minutes=1000))
    assert found is not None
    assert found.boxes[-1].width >= 12


def test_traffic_that_never_flowed_has_no_picture_and_stopped_traffic_no_box() -> None:
    assert traffic_picture([], NOON) is None
    found = traffic_picture([change(0)], NOON)
    assert found is not None
    assert found.boxes == ()


def test_a_rollout_is_filled_as_far_as_it_is() -> None:
    record = RolloutProgress.model_validate(on_the_way("Paused"))
    done, rest, *stops = rollout_picture(record, [25, 50]).boxes
    assert done.width / (done.width + rest.width) == 0.25
    assert [one.title for one in stops] == ["25 %", "50 %", "100 %"]
    back = RolloutProgress.model_validate(on_the_way("RolledBack"))
    assert rollout_picture(back, [25]).boxes[0].width == 0


def test_nodes_are_squares_in_rows() -> None:
    found = fleet_picture([(f"n{place}", "Free" if place else "Full") for place in range(40)])
    assert len({(box.x, box.y) for box in found.boxes}) == 40
    assert [entry.text for entry in found.legend] == ["Free", "Full"]
    assert found.boxes[0].style == "fill-bad"
