import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.runtimes.name import Hardware, RuntimeNameError, nearest, object_name, parse


@pytest.mark.parametrize(
    ("name", "engine", "hardware", "python", "architecture", "chip"),
    [
        pytest.param(
            "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64",
            "pytorch_1.11.0", Hardware("CANN", "6.3.0"), "3.7", "arm64", None,
            id="a founding runtime",
        ),
        pytest.param(
            "pytorch_1.11.0-cann_7.0.1-py_3.9-euler_2.10.7-aarch64-snt9b",
            "pytorch_1.11.0", Hardware("CANN", "7.0.1"), "3.9", "arm64", "snt9b",
            id="with a chip",
        ),
        pytest.param(
            "mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.9.9-x86_64-snt3p-300i",
            "mindspore_1.9.0", Hardware("CANN", "6.0.1"), "3.7", "amd64", "snt3p",
            id="with chip and card",
        ),
        pytest.param(
            "mindspore_1.2.0-py_3.7-cuda_10.1-ubuntu_18.04-x86_64",
            "mindspore_1.2.0", Hardware("CUDA", "10.1"), "3.7", "amd64", None,
            id="hardware and Python swapped",
        ),
        pytest.param(
            "mindspore_1.2.0-py_3.7-ubuntu_18.04-x86_64",
            "mindspore_1.2.0", Hardware("CPU"), "3.7", "amd64", None,
            id="no hardware means CPU",
        ),
        pytest.param(
            "sklearn_1.6.1-cpu-py311-ubuntu_22.04-x86_64",
            "sklearn_1.6.1", Hardware("CPU"), "3.11", "amd64", None,
            id="Python without dots",
        ),
        pytest.param(
            "mindspore_2.0.0-mindquantum_0.9.0-cann_8.2.rc1-py_3.9-hce_2.0.2506-aarch64-snt9b-20250101120000",
            "mindspore_2.0.0", Hardware("CANN", "8.2.rc1"), "3.9", "arm64", "snt9b",
            id="second engine, release candidate, date",
        ),
    ],
)  # fmt: skip
def test_a_name_tells_its_parts(
    name: str, engine: str, hardware: Hardware, python: str, architecture: str, chip: str | None
) -> None:
    parts = parse(name)
    assert (parts.engine, parts.hardware, parts.python, parts.architecture, parts.chip) == (
        engine, hardware, python, architecture, chip,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("tf1.13-python3.7-gpu", "'tf1.13' is no engine", id="an old base image"),
        pytest.param("pytorch_1.11.0-cann_6.3.0-py_3.7-aarch64", "does not say its os", id="no system"),
        pytest.param("pytorch_1.11.0-npu_6-py_3.7-euler_2.8-sparc", "'sparc' is no", id="unknown architecture"),
        pytest.param("", "'' is no", id="empty"),
        pytest.param(
            "pytorch_1.11.0-cann_6.3.0-cann_7.0.1-py_3.7-euler_2.8.3-aarch64",
            "says its hardware twice: 'cann_6.3.0' and 'cann_7.0.1'",
            id="two of a kind",
        ),
    ],
)
def test_what_does_not_follow_the_grammar_is_named(name: str, said: str) -> None:
    with pytest.raises(RuntimeNameError, match=said):
        parse(name)


@given(st.text(alphabet="pytorch_1.0-cann6ey37xua", max_size=80) | st.text(max_size=40))
def test_no_name_raises_anything_but_its_own_error(name: str) -> None:
    try:
        parse(name)
    except RuntimeNameError:
        return


def test_a_slip_finds_the_names_that_were_meant() -> None:
    known = ["pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64", "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"]
    assert nearest("pytorch-1.11-cann_6.3.0-py3.7-euler_2.8.3-aarch64", known) == (known[0],)
    assert nearest("something else entirely", known) == ()


def test_the_object_of_a_runtime_has_a_legal_name() -> None:
    assert object_name("MindSpore_2.0.0-cann_6.3.0") == "mindspore-2.0.0-cann-6.3.0"
