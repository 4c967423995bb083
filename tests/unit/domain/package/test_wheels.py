"""Wheels that a package carries, held against the Python and the architecture of its runtime."""

import pytest

from aiapp.domain.package.wheels import misfits

RUNTIME = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
OLD_ARM = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"


@pytest.mark.parametrize(
    ("wheel", "runtime"),
    [
        pytest.param("x-1.0-py3-none-any.whl", RUNTIME, id="any Python 3"),
        pytest.param("x-1.0-py2.py3-none-any.whl", RUNTIME, id="any Python"),
        pytest.param("x-1.0-py37-none-any.whl", RUNTIME, id="an older Python, pure"),
        pytest.param("x-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", RUNTIME, id="this one"),
        pytest.param("x-1.0-cp36-abi3-linux_x86_64.whl", RUNTIME, id="the stable ABI"),
        pytest.param("x-1.0-1-cp37-cp37m-linux_aarch64.whl", OLD_ARM, id="with a build number"),
        pytest.param("strange.whl", RUNTIME, id="no name of a wheel"),
        pytest.param("x-1.0-cp36-cp36m-linux_x86_64.whl", "my-runtime", id="a runtime whose name has no such parts"),
    ],
)
def test_a_wheel_that_fits_is_not_told(wheel: str, runtime: str) -> None:
    assert list(misfits([f"./wheels/{wheel}", "numpy==1.21", "-r ./requirements.txt"], runtime)) == []


@pytest.mark.parametrize(
    ("wheel", "runtime", "words"),
    [
        pytest.param(
            "x-1.0-cp36-cp36m-linux_x86_64.whl",
            RUNTIME,
            f"it is for cp36-cp36m-linux_x86_64, the runtime {RUNTIME} has Python 3.11 on x86_64",
            id="another Python",
        ),
        pytest.param("x-1.0-cp37-cp37m-linux_x86_64.whl", OLD_ARM, "has Python 3.7 on aarch64", id="another machine"),
        pytest.param("x-1.0-cp312-abi3-linux_x86_64.whl", RUNTIME, "Python 3.11", id="a later stable ABI"),
        pytest.param("x-1.0-py2-none-any.whl", RUNTIME, "it is for py2-none-any", id="Python 2"),
        pytest.param("x-1.0-cp311-cp311-win_amd64.whl", RUNTIME, "win_amd64", id="another system"),
    ],
)
def test_a_wheel_for_something_else_is_told_with_both_sides(wheel: str, runtime: str, words: str) -> None:
    (message,) = misfits([f"./wheels/{wheel}"], runtime)
    assert message.startswith(f"wheels/{wheel} cannot be installed: ")
    assert words in message
