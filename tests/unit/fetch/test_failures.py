"""Failures as they pass from one process to another."""

import pytest

from aiapp.api.conditions import Reason
from aiapp.fetch.failures import FetchError, packed, path_of, unpacked


@pytest.mark.parametrize(
    ("error", "path"),
    [
        pytest.param(OSError(28, "No space left on device", "/pod/model/a"), "/pod/model/a", id="a file"),
        pytest.param(OSError(21, "Is a directory", "/pod/x.part", None, "a"), "a", id="the end of a move"),
        pytest.param(OSError(21, "Is a directory", 4), None, id="a descriptor"),
        pytest.param(OSError(28, "No space left on device"), None, id="none"),
    ],
)
def test_a_fault_of_the_disk_names_the_file_and_never_a_number(error: OSError, path: str | None) -> None:
    assert path_of(error) == path
    received = unpacked(packed(error))
    assert isinstance(received, OSError)
    assert (received.errno, received.strerror, path_of(received)) == (error.errno, error.strerror, path)


def test_a_failed_fetch_keeps_reason_and_message() -> None:
    received = unpacked(packed(FetchError(Reason.ACCESS_DENIED, "no")))
    assert isinstance(received, FetchError)
    assert (received.reason, received.message) == (Reason.ACCESS_DENIED, "no")
