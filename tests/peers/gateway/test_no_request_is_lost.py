"""The same changes as through the Service alone, seen by clients of the gateway."""

from tests.e2e.test_no_request_is_lost import (
    pytestmark,
    test_a_version_that_crashes_under_load_fails_no_request_but_those_that_it_was_computing,
    test_a_version_whose_pod_dies_in_a_step_is_taken_back_and_nothing_is_lost_any_more,
    test_no_request_is_lost_to_a_version_that_never_becomes_ready,
    test_no_request_is_lost_when_a_pod_is_deleted_beside_another,
    test_no_request_is_lost_when_a_pod_is_evicted_beside_another,
    test_no_request_is_lost_when_the_only_pod_of_one_of_two_versions_is_deleted,
    test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout,
    test_no_request_is_lost_while_a_person_rolls_back,
    test_no_request_is_lost_while_a_person_takes_a_rollout_back_in_the_middle,
    test_no_request_is_lost_while_a_version_gets_other_pods,
    test_no_request_is_lost_while_another_version_is_stopped_and_resumed,
    test_no_request_is_lost_while_another_version_takes_over_and_hands_back,
    test_no_request_is_lost_while_another_version_takes_over_in_steps,
    test_no_request_is_lost_while_pods_are_added_and_taken_away,
)

__all__ = [
    "pytestmark",
    "test_a_version_that_crashes_under_load_fails_no_request_but_those_that_it_was_computing",
    "test_a_version_whose_pod_dies_in_a_step_is_taken_back_and_nothing_is_lost_any_more",
    "test_no_request_is_lost_to_a_version_that_never_becomes_ready",
    "test_no_request_is_lost_when_a_pod_is_deleted_beside_another",
    "test_no_request_is_lost_when_a_pod_is_evicted_beside_another",
    "test_no_request_is_lost_when_the_only_pod_of_one_of_two_versions_is_deleted",
    "test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout",
    "test_no_request_is_lost_while_a_person_rolls_back",
    "test_no_request_is_lost_while_a_person_takes_a_rollout_back_in_the_middle",
    "test_no_request_is_lost_while_a_version_gets_other_pods",
    "test_no_request_is_lost_while_another_version_is_stopped_and_resumed",
    "test_no_request_is_lost_while_another_version_takes_over_and_hands_back",
    "test_no_request_is_lost_while_another_version_takes_over_in_steps",
    "test_no_request_is_lost_while_pods_are_added_and_taken_away",
]
