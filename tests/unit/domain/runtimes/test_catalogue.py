from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.support.fleet import TABLES
from tests.support.verdicts import requirement

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus, RuntimeStatus
from aiapp.domain.runtimes.catalogue import (
    NEED_A_SERVER,
    Resolved,
    Unavailable,
    differences,
    engines,
    find,
    is_ambiguous,
    is_called,
    recalled,
    resolve,
)
from aiapp.domain.runtimes.name import object_name, parse
from aiapp.domain.weights.found import FOLDER, HUGGING_FACE

ROOT: Final = Path(__file__).parents[4]
SHIPPED: Final[list[Any]] = [
    *chain.from_iterable(
        yaml.safe_load_all((ROOT / "manifests/runtimes" / f).read_text())
        for f in ("cann.yaml", "cpu.yaml", "engines.yaml")
    )
]

SKLEARN = RuntimeSpec(name="sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", image="r/s:1", aliases=("python3.7",))
NO_IMAGE = RuntimeSpec(name="mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64", lifecycle="Recommended")
REMOVED = RuntimeSpec(name="sklearn_0.24.2-cpu-py_3.7-ubuntu_18.04-x86_64", image="r/s:0", lifecycle="Removed")
CATALOGUE = {runtime.name: runtime for runtime in (SKLEARN, NO_IMAGE, REMOVED)}
CATALOGUE_OF_ALL: Final = {
    spec.name: spec.model_copy(update={"image": "r/any:1"})
    for spec in (RuntimeSpec.model_validate(one["spec"]) for one in SHIPPED)
}
"""The shipped one, with images."""


def package(engine: str = "Scikit_Learn", runtime: str | None = None) -> ModelStatus:
    """What a config.json says."""
    return ModelStatus(type=engine, algorithm="image_classification", runtime=runtime)


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
    found = resolve(wanted, package(runtime=configured), CATALOGUE)
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
    found = resolve(wanted, package("MindSpore" if wanted == NO_IMAGE.name else "Scikit_Learn", configured), CATALOGUE)
    assert isinstance(found, Unavailable)
    assert found.reason is reason
    assert message in found.message


@pytest.mark.parametrize("shipped", [pytest.param(one, id=one["spec"]["name"]) for one in SHIPPED])
def test_a_shipped_runtime_has_a_name_that_says_what_it_needs(shipped: dict[str, Any]) -> None:
    spec = RuntimeSpec.model_validate(shipped["spec"])
    assert shipped["metadata"]["name"] == object_name(spec.name)
    needed = requirement(spec, None, TABLES)
    assert not needed.unknown_chips
    assert needed.chips_stated or needed.hardware != "CANN"
    if spec.server is None:
        assert spec.image is None
        chips = [chip.id for chip in needed.chips]
        assert chips == (["Ascend910A"] if parse(spec.name).hardware.kind == "CANN" else [])


def test_no_two_shipped_runtimes_of_one_engine_answer_to_one_name() -> None:
    specs = [RuntimeSpec.model_validate(one["spec"]) for one in SHIPPED]
    names = [(engines(one), name) for one in specs for name in (one.name, *(one.aliases or ()))]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("old", ["python3.6", "python3.7"])
@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("PyTorch", "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"),
        ("TensorFlow", "tensorflow_2.18.0-cpu-py_3.11-ubuntu_22.04-x86_64"),
        ("Scikit_Learn", "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"),
        ("XGBoost", "xgboost_2.1.4-cpu-py_3.11-ubuntu_22.04-x86_64"),
    ],
)
def test_an_old_name_means_the_runtime_of_the_packages_engine(old: str, engine: str, expected: str) -> None:
    for wanted, configured in ((old, None), (None, old)):
        found = resolve(wanted, package(engine, configured), CATALOGUE_OF_ALL)
        assert isinstance(found, Resolved)
        assert found.status.name == expected


@pytest.mark.parametrize(
    ("engine", "runtime"),
    [
        pytest.param("PyTorch", "xgboost_2.1.4-cpu-py_3.11-ubuntu_22.04-x86_64", id="PyTorch on XGBoost"),
        pytest.param("PyTorch", "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", id="PyTorch on scikit-learn"),
        pytest.param("TensorFlow", "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64", id="TensorFlow on PyTorch"),
        pytest.param("PyTorch", "tf2.1-python3.7", id="by an alias that only another engine has"),
    ],
)
def test_a_runtime_of_another_engine_is_refused_with_what_to_set_instead(engine: str, runtime: str) -> None:
    for wanted, configured in ((runtime, None), (None, runtime)):
        found = resolve(wanted, package(engine, configured), CATALOGUE_OF_ALL)
        assert isinstance(found, Unavailable)
        assert found.reason is Reason.ENGINE_MISMATCH
        source = "spec.runtime" if wanted else "config.json"
        assert found.message.startswith(f"{source} names runtime {runtime!r}, which is for ")
        assert f"but model_type is {engine}: set spec.runtime to one for {engine}, for example " in found.message
        suggested = found.message.rpartition("for example ")[2].split(" or ")
        assert all(engine in engines(CATALOGUE_OF_ALL[name]) for name in suggested)


@pytest.mark.parametrize("engine", [HUGGING_FACE, FOLDER])
def test_weights_are_refused_by_a_runtime_without_a_server_of_its_own(engine: str) -> None:
    named, none = (resolve(wanted, package(engine), CATALOGUE) for wanted in (SKLEARN.name, None))
    assert isinstance(named, Unavailable)
    assert named.reason is Reason.ENGINE_MISMATCH
    assert named.message == (
        f"{NEED_A_SERVER[engine]}, and runtime {SKLEARN.name!r}, which spec.runtime names, has none: set spec.runtime "
        f"to one that has, the catalogue has none for {engine}: an administrator has to add an InferenceRuntime"
    )
    assert isinstance(none, Unavailable)
    assert none.reason is Reason.RUNTIME_UNKNOWN
    assert none.message.startswith(f"{NEED_A_SERVER[engine]}: set spec.runtime")


@pytest.mark.parametrize(("engine", "word"), [(HUGGING_FACE, "vllm_"), (FOLDER, "mlserver_")])
def test_of_runtimes_with_a_server_those_are_suggested_that_serve_such_things(engine: str, word: str) -> None:
    found = resolve(None, package(engine), CATALOGUE_OF_ALL)
    assert isinstance(found, Unavailable)
    suggested = found.message.rpartition("for example ")[2].split(" or ")
    protocols = {server.protocol for name in suggested if (server := CATALOGUE_OF_ALL[name].server)}
    assert ("OpenAI" in protocols) is (engine == HUGGING_FACE)
    runtime = next(name for name in CATALOGUE_OF_ALL if name.startswith(word))
    assert isinstance(resolve(runtime, package(engine), CATALOGUE_OF_ALL), Resolved)


@pytest.mark.parametrize(
    "runtime",
    [
        pytest.param("sklearn_1.6.1-xgboost_2.1.4-cpu-py_3.11-ubuntu_22.04-x86_64", id="one that names both"),
        pytest.param("vllm_0.9.1-cpu-py_3.11-ubuntu_22.04-x86_64", id="one whose engine nobody knows"),
        pytest.param("our-own", id="one whose name does not follow the grammar"),
    ],
)
def test_a_runtime_that_may_serve_the_engine_is_not_refused(runtime: str) -> None:
    found = resolve(runtime, package("XGBoost"), {runtime: RuntimeSpec(name=runtime, image="r/x:1")})
    assert isinstance(found, Resolved)


def test_a_program_of_the_packages_own_may_run_on_any_runtime() -> None:
    found = resolve(SKLEARN.name, package("Custom"), CATALOGUE)
    assert isinstance(found, Resolved)


def test_an_engine_without_any_runtime_is_told_to_whom_it_concerns() -> None:
    found = resolve(None, package("MXNet", "python3.6"), CATALOGUE_OF_ALL)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.ENGINE_MISMATCH
    assert "the catalogue has none for MXNet: an administrator has to add an InferenceRuntime" in found.message


def test_what_is_suggested_for_an_unknown_name_is_of_the_packages_engine() -> None:
    mistyped = resolve("tensorflow_2.18.0-cpu-py_3.11-ubuntu_22.04", package("PyTorch"), CATALOGUE_OF_ALL)
    strange = resolve(None, package("PyTorch", "python2.7"), CATALOGUE_OF_ALL)
    for found in (mistyped, strange):
        assert isinstance(found, Unavailable)
        assert found.reason is Reason.RUNTIME_UNKNOWN
        assert "pytorch_" in found.message
        assert not {"sklearn_", "xgboost_", "mindspore_"} & {
            word[: word.find("_") + 1] for word in found.message.split()
        }


@pytest.mark.parametrize(
    ("name", "engine", "said"),
    [
        pytest.param(
            "tf1.13-python3.6-cpu", "TensorFlow", "the engine is 2.18.0 and not 1.13, Python is 3.11 and not 3.6",
            id="a major version and Python",
        ),
        pytest.param("tf2.1-python3.7", "TensorFlow", "Python is 3.11 and not 3.7", id="Python alone"),
        pytest.param("python3.7", "PyTorch", "Python is 3.11 and not 3.7", id="a name without an engine"),
    ],
)  # fmt: skip
def test_in_what_a_runtime_differs_from_its_alias_is_told(name: str, engine: str, said: str) -> None:
    found = resolve(None, package(engine, name), CATALOGUE_OF_ALL)
    assert isinstance(found, Resolved)
    assert found.note == f"{name!r} is an alias of {found.status.name}: {said}"


@pytest.mark.parametrize("name", [SKLEARN.name, SKLEARN.name.upper(), "sklearn-of-the-house"])
def test_nothing_is_told_of_a_name_that_promises_nothing_else(name: str) -> None:
    assert differences(name, SKLEARN.name) == ""


def test_of_several_runtimes_with_an_alias_one_that_can_be_used_is_taken() -> None:
    removed, bare, ready = (
        RuntimeSpec(name=f"sklearn_1.{n}.0-cpu-py_3.11-ubuntu_22.04-x86_64", aliases=("python3.7",), **more)
        for n, more in enumerate(({"lifecycle": "Removed", "image": "r/s:0"}, {}, {"image": "r/s:2"}))
    )
    assert find("python3.7", {one.name: one for one in (removed, bare, ready)}) == ready
    assert find("python3.7", {one.name: one for one in (removed, bare)}) == bare
    assert find("python3.7", {removed.name: removed}) == removed


def test_an_alias_of_several_engines_means_nothing_before_the_package_is_read() -> None:
    assert is_ambiguous("python3.7", CATALOGUE_OF_ALL)
    assert not is_ambiguous("tf2.1-python3.7", CATALOGUE_OF_ALL)


def test_a_runtime_that_was_resolved_by_an_alias_still_answers_to_it() -> None:
    assert is_called("python3.7", SKLEARN.name, CATALOGUE)
    assert is_called(SKLEARN.name.upper(), SKLEARN.name, {})
    assert not is_called("python3.6", SKLEARN.name, CATALOGUE)


def test_a_resolved_runtime_is_recalled_with_its_remark_and_todays_state() -> None:
    latched = RuntimeStatus(name=SKLEARN.name, image="r/s:0", lifecycle="Recommended")
    found = recalled(latched, "python3.7", CATALOGUE)
    assert (found.status.image, found.status.lifecycle) == ("r/s:0", "Supported")
    assert "Python is 3.11 and not 3.7" in found.note
