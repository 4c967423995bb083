"""When a loaded process may be copied."""

from __future__ import annotations

import pytest

from aiapp.serve.workers.forking import is_safe


@pytest.mark.parametrize(
    ("modules", "python_threads", "system_threads", "safe"),
    [
        pytest.param({"json"}, 1, 1, True, id="plain Python"),
        pytest.param({"numpy", "sklearn"}, 1, 4, True, id="numpy's own threads, which a copy starts again"),
        pytest.param({"json"}, 1, 2, False, id="a thread of unknown origin"),
        pytest.param({"json"}, 2, 2, False, id="a thread of the package"),
        pytest.param({"numpy", "torch"}, 1, 1, False, id="a framework with pools of its own"),
        pytest.param({"acl"}, 1, 1, False, id="a device"),
    ],
)
def test_a_process_may_be_copied(modules: set[str], python_threads: int, system_threads: int, safe: bool) -> None:
    assert is_safe(modules, python_threads, system_threads) is safe
