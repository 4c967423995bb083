"""What a node's first process is told."""

from pathlib import Path

from tests.unit.sandbox.nodes.support import plan

from aiapp_sandbox.nodes.plan import Plan


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = plan("host", "amd64")
    written.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == written
