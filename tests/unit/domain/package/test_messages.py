"""The Event of a finished import summarises the package in a sentence."""

import pytest

from aiapp.api.version import ModelStatus
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.package.inspection import Valid
from aiapp.domain.package.messages import import_message, valid_message


@pytest.mark.parametrize(
    ("dependencies", "repaired", "warnings", "rest"),
    [
        pytest.param(None, None, (), "", id="nothing but the model"),
        pytest.param(None, None, ("x",), "; 1 warning, see the condition PackageValid", id="a warning"),
        pytest.param(
            ("numpy",),
            ("a", "b"),
            (),
            "; 1 dependency; 2 values read leniently, see status.model.repaired",
            id="dependencies and repairs",
        ),
    ],
)
def test_an_import_is_told_in_one_sentence(
    dependencies: tuple[str, ...] | None, repaired: tuple[str, ...] | None, warnings: tuple[str, ...], rest: str
) -> None:
    model = ModelStatus(type="PyTorch", algorithm="object_detection", dependencies=dependencies, repaired=repaired)
    package = Valid("obs://m/a/", "listing", composed([]), model, None, warnings=warnings)
    message = import_message(package, "3 files, 1.0 KiB, sha256:4baf")
    assert message == f"model files pinned: 3 files, 1.0 KiB, sha256:4baf; PyTorch, object_detection{rest}"


@pytest.mark.parametrize(
    ("repaired", "warnings", "message"),
    [
        pytest.param(None, (), "", id="nothing"),
        pytest.param(("a", "b"), (), "read leniently: a; b", id="repairs"),
        pytest.param(("a",), ("x", "y"), "warning: x; y; read leniently: a", id="warnings first"),
        pytest.param(None, ("x",) * 9, f"warning: {'x; ' * 8}and 1 more, see `aiapp check`", id="many of them"),
    ],
)
def test_a_condition_shows_warnings_and_repairs(
    repaired: tuple[str, ...] | None, warnings: tuple[str, ...], message: str
) -> None:
    model = ModelStatus(type="PyTorch", algorithm="x", repaired=repaired)
    assert valid_message(Valid("obs://m/a/", "listing", composed([]), model, None, warnings=warnings)) == message
