"""The files in the repository are the ones that the models make."""

from pathlib import Path

import pytest

from aiapp.api import crd, generate

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path)) for path in generate.outputs()])
def test_a_generated_file_is_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text() == generate.outputs()[path], "run `make crds`"


def test_a_changed_schema_has_a_new_revision() -> None:
    assert not generate.outgrown((ROOT / generate.CRDS / crd.LOCK).read_text()), "raise REVISION, run `make crds`"


def test_what_is_written_passes_the_check_and_a_change_by_hand_does_not(tmp_path: Path) -> None:
    assert generate.main([str(tmp_path)]) is None
    assert generate.main([str(tmp_path), "--check"]) is None
    changed = tmp_path / "crds" / "aiapplications.yaml"
    changed.write_text(changed.read_text().replace("aiapps", "apps"))
    assert generate.main([str(tmp_path), "--check"]) == f"not up to date, run `make crds`: {changed}"
    assert generate.main([str(tmp_path)]) is None
    assert generate.main([str(tmp_path), "--check"]) is None


def test_the_check_writes_nothing(tmp_path: Path) -> None:
    assert generate.main([str(tmp_path), "--check"]) is not None
    assert list(tmp_path.iterdir()) == []


def test_another_schema_under_the_same_revision_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "crds" / crd.LOCK
    lock.parent.mkdir()
    lock.write_text(f"revision {crd.REVISION}\nsha256 {'0' * 64}\n")
    assert "raise REVISION" in (generate.main([str(tmp_path)]) or "")
    assert "0000" in lock.read_text()


def test_another_schema_under_a_higher_revision_is_written(tmp_path: Path) -> None:
    lock = tmp_path / "crds" / crd.LOCK
    lock.parent.mkdir()
    lock.write_text(f"revision {crd.REVISION - 1}\nsha256 {'0' * 64}\n")
    assert generate.main([str(tmp_path)]) is None
    assert crd.schema_hash() in lock.read_text()


def test_kubectl_passes_over_every_file_that_is_no_crd() -> None:
    read_by_kubectl = {name for name in crd.files() if name.endswith((".yaml", ".yml", ".json"))}
    assert read_by_kubectl == {f"{kind.plural}.yaml" for kind in crd.KINDS}
