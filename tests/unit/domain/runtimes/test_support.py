"""A runtime's life and its replacement."""

from typing import Literal

import pytest

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.runtimes.support import replacement, support

OLD = "pytorch_1.8.1-cann_5.1.0-py_3.7-euler_2.8.3-aarch64"
Lifecycle = Literal["Recommended", "Supported", "Deprecated", "Removed"]


def catalogue(*names: str, **lifecycles: Lifecycle) -> dict[str, RuntimeSpec]:
    known = {name: RuntimeSpec(name=name) for name in names}
    return known | {OLD: RuntimeSpec(name=OLD, lifecycle=lifecycles.get("old", "Removed"))}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param(
            (
                "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64",
                "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64",
            ),
            "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64",
            id="the nearest version of the engine",
        ),
        pytest.param(
            (
                "pytorch_1.8.1-cann_6.3.0-py_3.7-euler_2.8.3-aarch64",
                "pytorch_1.8.1-cann_5.1.rc2-py_3.7-euler_2.8.3-aarch64",
            ),
            "pytorch_1.8.1-cann_5.1.rc2-py_3.7-euler_2.8.3-aarch64",
            id="of one engine the nearest CANN",
        ),
        pytest.param(("mindspore_1.8.0-cann_5.1.0-py_3.7-euler_2.8.3-aarch64",), None, id="not another engine"),
        pytest.param(("pytorch_1.8.1-cpu-py_3.7-euler_2.8.3-aarch64",), None, id="not other hardware"),
        pytest.param(("pytorch_1.8.1-cann_5.1.0-py_3.7-euler_2.8.3-x86_64",), None, id="not another architecture"),
        pytest.param(("pytorch_1.8.1-cann_5.1.0-py_3.7-euler_2.8.3-aarch64-snt9b",), None, id="not another chip"),
    ],
)
def test_a_replacement_differs_in_versions_only(others: tuple[str, ...], expected: str | None) -> None:
    assert replacement(OLD, catalogue(*others)) == expected


def test_what_ends_itself_replaces_nothing() -> None:
    other = "pytorch_1.8.2-cann_5.1.0-py_3.7-euler_2.8.3-aarch64"
    known = catalogue() | {other: RuntimeSpec(name=other, lifecycle="Deprecated")}
    assert replacement(OLD, known) is None


@pytest.mark.parametrize(
    ("lifecycle", "state", "reason"),
    [
        ("Recommended", "True", Reason.SUCCEEDED),
        ("Supported", "True", Reason.SUCCEEDED),
        ("Deprecated", "True", Reason.RUNTIME_DEPRECATED),
        ("Removed", "False", Reason.RUNTIME_REMOVED),
    ],
)
def test_a_version_says_whether_its_runtime_is_maintained(lifecycle: Lifecycle, state: str, reason: Reason) -> None:
    newer = "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
    found = support(OLD, catalogue(newer, old=lifecycle))
    assert (found.state, found.reason) == (state, reason)
    assert (newer in found.message) is (reason is not Reason.SUCCEEDED)


def test_a_runtime_that_left_the_catalogue_is_unknown() -> None:
    assert support("gone", catalogue()).reason is Reason.RUNTIME_UNKNOWN
