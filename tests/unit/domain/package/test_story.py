"""The Event of a finished import says in a sentence what a details page would."""

import pytest

from aiapp.api.version import ModelStatus
from aiapp.domain.manifest import composed
from aiapp.domain.package.inspection import Valid
from aiapp.domain.package.story import imported_story


@pytest.mark.parametrize(
    ("dependencies", "repaired", "rest"),
    [
        pytest.param(None, None, "", id="nothing but the model"),
        pytest.param(
            ("numpy",),
            ("a", "b"),
            "; 1 dependency; 2 values read leniently, see status.model.repaired",
            id="dependencies and repairs",
        ),
    ],
)
def test_an_import_is_told_in_one_sentence(
    dependencies: tuple[str, ...] | None, repaired: tuple[str, ...] | None, rest: str
) -> None:
    model = ModelStatus(type="PyTorch", algorithm="object_detection", dependencies=dependencies, repaired=repaired)
    package = Valid("obs://m/a/", "listing", composed([]), model, None)
    told = imported_story(package, "3 files, 1.0 KiB, sha256:4baf")
    assert told == f"model files pinned: 3 files, 1.0 KiB, sha256:4baf; PyTorch, object_detection{rest}"
