"""What labels and environment of images say of nodes; the values are those of published images."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.api.image import ImageHints
from aiapp.domain.images.hints import CANN_LABEL, CHIPS_LABEL, HARDWARE_LABEL, hints
from aiapp.domain.images.registry_image import ImageConfig

TOOLKIT = "/usr/local/Ascend/ascend-toolkit/latest"


def said(environment: Mapping[str, str], labels: Mapping[str, str] | None = None) -> ImageHints | None:
    return hints(ImageConfig(labels=labels or {}, environment=environment))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param(
            {"ASCEND_TOOLKIT_HOME": TOOLKIT, "ASCEND_HOME_PATH": TOOLKIT},
            {"hardware": "CANN", "origin": "variable ASCEND_HOME_PATH"},
            id="ascend/cann: of which release is not said",
        ),
        pytest.param(
            {"ASCEND_TOOLKIT_HOME": TOOLKIT, "SOC_VERSION": "ascend910b1"},
            {"hardware": "CANN", "chips": ("Ascend910B",), "origin": "variable SOC_VERSION"},
            id="vLLM-Ascend for A2",
        ),
        pytest.param(
            {"SOC_VERSION": "ascend910_9391", "CANN_VERSION": "9.1.0"},
            {
                "hardware": "CANN",
                "cann": "9.1.0",
                "chips": ("Ascend910C",),
                "origin": "variable CANN_VERSION, variable SOC_VERSION",
            },
            id="vLLM-Ascend for A3, its release added",
        ),
        pytest.param(
            {"SOC_VERSION": "Ascend310P3"},
            {"hardware": "CANN", "chips": ("Ascend310P",), "origin": "variable SOC_VERSION"},
            id="310P in the compiler's spelling",
        ),
        pytest.param(
            {"ASCEND_HOME_PATH": "/usr/local/Ascend/cann-8.5.0"},
            {"hardware": "CANN", "cann": "8.5.0", "origin": "variable ASCEND_HOME_PATH"},
            id="SGLang: the release is in the path",
        ),
        pytest.param(
            {"ASCEND_TOOLKIT_HOME": "/usr/local/Ascend/ascend-toolkit/8.0.RC3/tools"},
            {"hardware": "CANN", "cann": "8.0.RC3", "origin": "variable ASCEND_TOOLKIT_HOME"},
            id="a path of before",
        ),
        pytest.param(
            {"CUDA_VERSION": "12.4.1", "NVIDIA_REQUIRE_CUDA": "cuda>=12.4"},
            {"hardware": "CUDA", "certain": False, "origin": "variable CUDA_VERSION"},
            id="nvidia/cuda",
        ),
    ],
)
def test_published_images_say_for_which_nodes_they_are(environment: dict[str, str], expected: dict[str, Any]) -> None:
    assert said(environment) == ImageHints(**expected)


def test_labels_of_ours_come_before_the_environment() -> None:
    labels = {CANN_LABEL: "8.5.0", CHIPS_LABEL: "Ascend910B, Ascend910C"}
    assert said({"SOC_VERSION": "ascend310p1", "CANN_VERSION": "7.0.0"}, labels) == ImageHints(
        hardware="CANN",
        cann="8.5.0",
        chips=("Ascend910B", "Ascend910C"),
        origin="label dev.aiapp.cann, label dev.aiapp.chips",
    )


def test_a_list_of_chips_that_is_too_long_ends_with_a_whole_word() -> None:
    filled = "Ascend910B," * 93
    assert (len(filled), said({}, {CHIPS_LABEL: f"{filled}Ascend310P"})) == (
        1023,
        ImageHints(hardware="CANN", chips=("Ascend910B",), origin="label dev.aiapp.chips"),
    )
    exact = f"{filled[:-1]} A"
    assert (len(exact), (said({}, {CHIPS_LABEL: exact}) or ImageHints()).chips) == (1024, ("Ascend910B", "A"))


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"ASCEND_HOME_PATH": f"/{'x' * 1012}/cann-8.5.10"}, id="a path"),
        pytest.param({"SOC_VERSION": f"ascend910b1{'0' * 1100}"}, id="an SoC"),
    ],
)
def test_of_a_value_that_is_too_long_no_part_is_taken_for_a_release_or_a_chip(environment: dict[str, str]) -> None:
    found = said(environment)
    assert found is None or (found.cann, found.chips) == (None, ())


def test_a_label_says_that_an_image_does_without_the_accelerator_of_its_base() -> None:
    assert said({"CUDA_VERSION": "12.4.1"}, {HARDWARE_LABEL: "CPU"}) == ImageHints(
        hardware="CPU", origin="label dev.aiapp.hardware"
    )


def test_an_image_that_does_without_npus_has_neither_a_release_nor_chips() -> None:
    said_so = said({"CANN_VERSION": "8.5.0", "SOC_VERSION": "ascend910b1"}, {HARDWARE_LABEL: "CPU"})
    assert said_so == ImageHints(hardware="CPU", origin="label dev.aiapp.hardware")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"CANN_VERSION": "latest"}, id="no release"),
        pytest.param({"CANN_VERSION": "8.5.0; rm -rf /"}, id="more than a release"),
        pytest.param({"CANN_VERSION": "8" * 40}, id="a release without end"),
        pytest.param({"SOC_VERSION": "x86"}, id="another SoC"),
        pytest.param({"NVIDIA_REQUIRE_CUDA": "", "ASCEND_HOME_PATH": ""}, id="empty"),
    ],
)
def test_what_is_no_such_word_says_nothing(environment: dict[str, str]) -> None:
    assert said(environment) is None


@given(
    st.dictionaries(st.sampled_from([HARDWARE_LABEL, CANN_LABEL, CHIPS_LABEL]), st.text()),
    st.dictionaries(
        st.sampled_from(["ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME", "CANN_VERSION", "SOC_VERSION", "CUDA_VERSION"]),
        st.text(),
    ),
)
def test_whatever_an_image_says_is_within_the_bounds_of_the_status(
    labels: dict[str, str], environment: dict[str, str]
) -> None:
    said(environment, labels)  # ImageHints refuses what the API server would
