"""The same changes as of packages, while images serve that keep the platform's contract."""

from tests.e2e.images.served import ServedImages
from tests.e2e.serving import RUNNING_SECONDS
from tests.e2e.test_no_request_is_lost import (
    REQUESTS,
    pytestmark,
    test_no_request_is_lost_when_a_pod_is_deleted_beside_another,
    test_no_request_is_lost_when_a_pod_is_evicted_beside_another,
    test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout,
    test_no_request_is_lost_while_a_version_gets_other_pods,
    test_no_request_is_lost_while_another_version_takes_over_and_hands_back,
    test_no_request_is_lost_while_another_version_takes_over_in_steps,
    test_no_request_is_lost_while_pods_are_added_and_taken_away,
)
from tests.support.own_images import servers
from tests.support.waiting import eventually

__all__ = [
    "pytestmark",
    "test_an_image_that_ends_at_once_loses_none_of_the_requests_that_come_over_a_new_connection",
    "test_no_request_is_lost_when_a_pod_is_deleted_beside_another",
    "test_no_request_is_lost_when_a_pod_is_evicted_beside_another",
    "test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout",
    "test_no_request_is_lost_while_a_version_gets_other_pods",
    "test_no_request_is_lost_while_another_version_takes_over_and_hands_back",
    "test_no_request_is_lost_while_another_version_takes_over_in_steps",
    "test_no_request_is_lost_while_pods_are_added_and_taken_away",
]


def test_an_image_that_ends_at_once_loses_none_of_the_requests_that_come_over_a_new_connection(
    serving: ServedImages,
) -> None:
    for number, content in (("1.0.0", "one"), ("1.1.0", "two")):
        serving.push(number, servers(*serving.architectures, CONTENT=content, STOPPING="0"))
        serving.register(number)
    serving.serve("1.0.0")
    serving.until_running("1.0.0")
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.serve("1.1.0")
        serving.until_running("1.1.0")
        load.until_only("two")
        eventually(lambda: len(serving.pods()) == 1, timeout=RUNNING_SECONDS)
        load.for_more(REQUESTS)
        assert [failure for failure in load.failures() if failure.connection != "kept"] == []
