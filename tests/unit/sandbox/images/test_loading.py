"""Which nodes get an image."""

from collections.abc import Sequence

import pytest
from tests.unit.sandbox.nodes.support import plan

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images.loading import chosen, left_out

PLANS = [plan("host", "amd64"), plan("npu", "arm64")]


@pytest.mark.parametrize(
    ("architectures", "names", "expected"),
    [
        pytest.param({"amd64"}, (), ("host",), id="the nodes of its architecture"),
        pytest.param({"amd64", "arm64"}, (), ("host", "npu"), id="every node, for an image with both"),
        pytest.param({"amd64", "arm64"}, ("npu",), ("npu",), id="the named node only"),
    ],
)
def test_an_image_goes_to(architectures: set[str], names: Sequence[str], expected: tuple[str, ...]) -> None:
    assert chosen(PLANS, frozenset(architectures), names, "image.tar") == expected


@pytest.mark.parametrize(
    ("architectures", "names", "message"),
    [
        pytest.param({"amd64"}, ("nobody",), "no real node is called nobody; real nodes: host, npu", id="unknown node"),
        pytest.param({"riscv64"}, (), "image.tar is for riscv64: no real node", id="nobody runs that architecture"),
        pytest.param({"amd64"}, ("npu",), "image.tar is for amd64: no real node", id="the named node does not run it"),
    ],
)
def test_an_image_is_refused(architectures: set[str], names: Sequence[str], message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        chosen(PLANS, frozenset(architectures), names, "image.tar")


@pytest.mark.parametrize(
    ("held", "names", "expected"),
    [
        pytest.param(
            {"amd64"}, (), ("not into npu, which runs arm64: image.tar is for amd64",), id="another processor"
        ),
        pytest.param({"amd64", "arm64"}, (), (), id="none"),
        pytest.param({"amd64"}, ("host",), (), id="none but what was asked for"),
    ],
)
def test_a_node_that_does_not_get_an_image_is_named(
    held: set[str], names: Sequence[str], expected: tuple[str, ...]
) -> None:
    assert left_out(PLANS, frozenset(held), names, "image.tar") == expected
