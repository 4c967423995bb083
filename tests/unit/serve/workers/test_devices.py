"""How workers share out a container's devices."""

from __future__ import annotations

import pytest

from aiapp.serve.workers.devices import devices, share


@pytest.mark.parametrize(
    ("environ", "names", "found"),
    [
        pytest.param({}, ["null", "davinci_manager"], [], id="none at all"),
        pytest.param({}, ["davinci4", "davinci6", "davinci_manager"], ["0", "1"], id="counted from 0 in the container"),
        pytest.param({"ASCEND_RT_VISIBLE_DEVICES": "2, 3"}, ["davinci0"] * 4, ["2", "3"], id="as someone has set them"),
        pytest.param({"ASCEND_RT_VISIBLE_DEVICES": ""}, ["davinci0"], [], id="someone has hidden them"),
        pytest.param({"ASCEND_VISIBLE_DEVICES": "4"}, [], [], id="the node's numbers mean nothing in the container"),
    ],
)
def test_devices_of_the_container(environ: dict[str, str], names: list[str], found: list[str]) -> None:
    assert devices(environ, names) == found


@pytest.mark.parametrize(
    ("workers", "available", "parts"),
    [
        pytest.param(1, ["0", "1"], [None], id="one worker keeps what the container has"),
        pytest.param(2, [], [None, None], id="without devices nothing is set"),
        pytest.param(2, ["0", "1"], ["0", "1"], id="one each"),
        pytest.param(2, ["0", "1", "2", "3"], ["0,1", "2,3"], id="a part each"),
        pytest.param(3, ["4", "5"], ["4", "5", "4"], id="two share one"),
    ],
)
def test_each_worker_gets_its_part(workers: int, available: list[str], parts: list[str | None]) -> None:
    shares = [share(number, workers, available) for number in range(workers)]
    assert [variables.get("ASCEND_RT_VISIBLE_DEVICES") for variables in shares] == parts
    assert [variables.get("DEVICE_ID") for variables in shares] == ["0" if part else None for part in parts]
