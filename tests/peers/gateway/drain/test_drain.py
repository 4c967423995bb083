"""The same drain of a node, seen by clients of the gateway."""

from tests.e2e.drain.test_drain import pytestmark, test_no_request_is_lost_while_a_node_is_drained

__all__ = ["pytestmark", "test_no_request_is_lost_while_a_node_is_drained"]
