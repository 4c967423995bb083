import threading

import pytest

from aiapp_sandbox.concurrently import concurrently
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.waiting import until


def wait_for_ever(entered: threading.Event) -> None:
    entered.set()
    until(lambda: False, seconds=300, what="nothing")


def fail() -> None:
    raise SandboxError("broken")


def test_all_parts_have_ended_when_the_block_ends() -> None:
    done: list[int] = []
    with concurrently() as begin:
        begin(done.append, 1)
        begin(done.append, 2)
    assert sorted(done) == [1, 2]


def test_a_failure_in_the_block_calls_off_what_the_parts_wait_for() -> None:
    entered = threading.Event()

    def start() -> None:
        with concurrently() as begin:
            begin(wait_for_ever, entered)
            entered.wait()
            fail()

    with pytest.raises(SandboxError, match="broken"):
        start()


def test_a_failure_of_one_part_is_raised_at_the_end_of_the_block() -> None:
    with pytest.raises(SandboxError, match="broken"), concurrently() as begin:
        begin(fail)


def test_a_failure_of_one_part_calls_off_the_block_and_the_other_parts() -> None:
    entered = threading.Event()

    def start() -> None:
        with concurrently() as begin:
            begin(wait_for_ever, entered)
            begin(fail)
            wait_for_ever(entered)

    with pytest.raises(SandboxError, match="broken"):
        start()


def test_waiting_has_a_bound_that_is_told() -> None:
    with pytest.raises(SandboxError, match=r"gave up after 0\.01 s waiting for godot"):
        until(lambda: False, seconds=0.01, what="godot")
