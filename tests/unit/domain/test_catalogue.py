from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.support.fleet import TABLES

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.catalogue import Resolved, Unavailable, resolve
from aiapp.domain.nodes.requirement import requirement
from aiapp.domain.runtime_name import object_name, parse

ROOT: Final = Path(__file__).parents[3]
SHIPPED: Final[list[Any]] = [
    *chain.from_iterable(
        yaml.safe_load_all((ROOT / "manifests/runtimes" / f).read_text()) for f in ("cann.yaml", "cpu.yaml")
    )
]

SKLEARN = RuntimeSpec(name="sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", image="r/s:1", aliases=("python3.7",))
NO_IMAGE = RuntimeSpec(name="mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64", lifecycle="Recommended")
REMOVED = RuntimeSpec(name="sklearn_0.24.2-cpu-py_3.7-ubuntu_18.04-x86_64", image="r/s:0", lifecycle="Removed")
CATALOGUE = {runtime.name: runtime for runtime in (SKLEARN, NO_IMAGE, REMOVED)}


@pytest.mark.parametrize(
    ("wanted", "configured"),
    [
        pytest.param(SKLEARN.name, None, id="by its name"),
        pytest.param(SKLEARN.name.upper(), None, id="in any case"),
        pytest.param(None, "python3.7", id="by an alias in config.json"),
        pytest.param(SKLEARN.name, NO_IMAGE.name, id="spec.runtime wins"),
    ],
)
def test_a_known_runtime_with_an_image_is_resolved(wanted: str | None, configured: str | None) -> None:
    found = resolve(wanted, configured, CATALOGUE)
    assert isinstance(found, Resolved)
    assert (found.status.name, found.status.architecture, found.status.hardware) == (SKLEARN.name, "amd64", "CPU")


@pytest.mark.parametrize(
    ("wanted", "configured", "reason", "message"),
    [
        pytest.param(None, None, Reason.RUNTIME_UNKNOWN, "names no runtime: set spec.runtime", id="none named"),
        pytest.param(
            "sklearn_1.6-cpu-py_3.11-ubuntu_22.04-x86_64", None, Reason.RUNTIME_UNKNOWN,
            "did you mean sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", id="mistyped",
        ),
        pytest.param(None, "tf9-gpu", Reason.RUNTIME_UNKNOWN, "config.json names runtime 'tf9-gpu'", id="unknown"),
        pytest.param(
            REMOVED.name, None, Reason.RUNTIME_REMOVED,
            f"no longer maintained: make a new version with {SKLEARN.name}", id="removed",
        ),
        pytest.param(
            NO_IMAGE.name, None, Reason.IMAGE_NOT_CONFIGURED,
            "InferenceRuntime mindspore-2.0.0-cann-6.3.0-py-3.7-euler-2.8.3-aarch64 has no image", id="no image",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_what_to_do(
    wanted: str | None, configured: str | None, reason: Reason, message: str
) -> None:
    found = resolve(wanted, configured, CATALOGUE)
    assert isinstance(found, Unavailable)
    assert found.reason is reason
    assert message in found.message


@pytest.mark.parametrize("shipped", [pytest.param(one, id=one["spec"]["name"]) for one in SHIPPED])
def test_a_shipped_runtime_has_a_name_that_says_what_it_needs(shipped: dict[str, Any]) -> None:
    spec = RuntimeSpec.model_validate(shipped["spec"])
    assert shipped["metadata"]["name"] == object_name(spec.name)
    assert spec.image is None
    chip = requirement(spec.name, None, TABLES).chip
    assert (chip.id if chip else None) == ("Ascend910A" if parse(spec.name).hardware.kind == "CANN" else None)


def test_no_two_shipped_runtimes_answer_to_one_name() -> None:
    names = [name for one in SHIPPED for name in (one["spec"]["name"], *one["spec"].get("aliases", ()))]
    assert sorted(set(names)) == sorted(names)
