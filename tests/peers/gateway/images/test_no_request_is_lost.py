"""The same changes, of images that keep the platform's contract, seen by clients of the gateway."""

from tests.e2e.images.test_no_request_is_lost import *  # noqa: F403 - the same tests
