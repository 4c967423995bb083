"""The same changes, of images that keep the platform's contract, seen by clients of the gateway."""

from tests.e2e.test_no_request_is_lost import (
    pytestmark,
    test_no_request_is_lost_when_a_pod_is_deleted_beside_another,
    test_no_request_is_lost_when_a_pod_is_evicted_beside_another,
    test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout,
    test_no_request_is_lost_while_a_version_gets_other_pods,
    test_no_request_is_lost_while_another_version_takes_over_and_hands_back,
    test_no_request_is_lost_while_another_version_takes_over_in_steps,
    test_no_request_is_lost_while_pods_are_added_and_taken_away,
)

__all__ = [
    "pytestmark",
    "test_no_request_is_lost_when_a_pod_is_deleted_beside_another",
    "test_no_request_is_lost_when_a_pod_is_evicted_beside_another",
    "test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout",
    "test_no_request_is_lost_while_a_version_gets_other_pods",
    "test_no_request_is_lost_while_another_version_takes_over_and_hands_back",
    "test_no_request_is_lost_while_another_version_takes_over_in_steps",
    "test_no_request_is_lost_while_pods_are_added_and_taken_away",
]
