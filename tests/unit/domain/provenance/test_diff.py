"""What changed between two versions is told field by field; the same digest is the same content."""

import hashlib
from itertools import count
from typing import Any, Final

import pytest

from aiapp.domain.artifact.entry import Entry, inline_entry
from aiapp.domain.artifact.file_changes import PackageFiles
from aiapp.domain.provenance.diff import Change, ComparedVersion, diff

ONE: Final = f"sha256:{'d1' * 32}"
OTHER: Final = f"sha256:{'d2' * 32}"
PIN: Final = f"sha256:{'4b' * 32}"
NUMBERS: Final = count()


def sha(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def files(contents: dict[str, str], *, hashed: bool = True) -> PackageFiles:
    """Their ETags are those of a store that encrypts: never twice the same."""
    entries = [Entry(path, len(text), f"etag-{next(NUMBERS)}") for path, text in sorted(contents.items())]
    return PackageFiles(entries, {path: sha(text) for path, text in contents.items()} if hashed else {})


def known(name: str = "mnist-1.0.0", digest: str | None = ONE, **fields: Any) -> ComparedVersion:
    artifact = {"type": "Package", "pin": PIN} | ({"digest": digest} if digest else {})
    status = {"artifact": artifact, **fields.pop("status", {})}
    return ComparedVersion(name=name, spec=fields.pop("spec", {}), status=status, **fields)


def section(name: str, before: ComparedVersion, after: ComparedVersion) -> list[Change]:
    return list(diff(before, after).sections[name])


def test_versions_of_one_digest_hold_the_same_content_wherever_it_lies() -> None:
    found = diff(known(status={"source": {"uri": "obs://a/"}}), known(status={"source": {"uri": "obs://b/"}}))
    assert found.same_content is True
    assert found.same_model
    assert found.sections["provenance"] == (Change("source.uri", "obs://a/", "obs://b/"),)


def test_files_are_added_removed_and_changed_by_their_hash_and_not_by_their_etag() -> None:
    before = files({"config.json": "{}", "model.pkl": "old", "gone.py": "x"})
    after = files({"config.json": "{}", "model.pkl": "new", "more.py": "yy"})
    found = diff(known(files=before), known(digest=OTHER, files=after)).document()["files"]
    assert {key: found[key] for key in ("added", "removed", "changed", "same")} == {
        "added": 1,
        "removed": 1,
        "changed": 1,
        "same": 1,
    }
    assert [(one["path"], one["change"], one["by"]) for one in found["changes"]] == [
        ("gone.py", "removed", None),
        ("model.pkl", "changed", "SHA256"),
        ("more.py", "added", None),
    ]
    assert found["changes"][1]["after"] == {"size": 3, "sha256": sha("new")}


def test_without_hashes_size_and_etag_tell() -> None:
    before, after = files({"a": "1", "b": "22"}, hashed=False), files({"a": "1", "b": "333"}, hashed=False)
    found = diff(known(digest=None, files=before), known(digest=None, files=after))
    assert found.files is not None
    assert [(one.path, one.by) for one in found.files.changes] == [("a", "ETag"), ("b", "size")]


def test_a_file_in_the_manifest_is_compared_by_its_own_hash() -> None:
    content = b"print()"
    held = PackageFiles([inline_entry("a.py", content)], {})
    stored = PackageFiles([Entry("a.py", len(content), "etag")], {"a.py": hashlib.sha256(content).hexdigest()})
    found = diff(known(files=held), known(digest=OTHER, files=stored))
    assert found.files is not None
    assert not found.files.changes


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (known(), known(digest=OTHER), False),
        (known(digest=None), known(digest=None), True),  # of one pin
        (known(), known(digest=None), None),
        (ComparedVersion(name="new", spec={}, status={}), known(), None),
        (
            ComparedVersion(name="a", spec={}, status={"artifact": {"type": "Image", "image": f"r/a@{ONE}"}}),
            ComparedVersion(name="b", spec={}, status={"artifact": {"type": "Image", "image": f"other/b@{ONE}"}}),
            True,
        ),
    ],
)
def test_whether_the_content_is_the_same_is_told_where_it_can_be(
    before: ComparedVersion, after: ComparedVersion, same: bool | None
) -> None:
    found = diff(before, after)
    assert found.same_content is same
    assert found.same_model is (same is True)


def test_what_config_json_says_is_told_by_name() -> None:
    before = {
        "type": "PyTorch",
        "apis": [{"method": "POST", "url": "/"}],
        "dependencies": ["numpy==1.2", "pillow"],
        "metrics": {"f1": "0.8"},
    }
    after = {
        "type": "PyTorch",
        "apis": [{"method": "POST", "url": "/", "requestContentType": "application/json"}],
        "dependencies": ["numpy==1.3", "torch"],
        "metrics": {"f1": "0.9", "recall": "0.7"},
    }
    old, new = known(status={"model": before}), known(digest=OTHER, status={"model": after})
    assert section("config", old, new) == [
        ("apis[POST /].requestContentType", None, "application/json"),
        ("dependencies.numpy", "==1.2", "==1.3"),
        ("dependencies.pillow", "any", None),
        ("dependencies.torch", None, "any"),
    ]
    assert section("metrics", old, new) == [("f1", "0.8", "0.9"), ("recall", None, "0.7")]


def test_a_config_json_that_both_hold_is_compared_whole() -> None:
    old, new = known(config={"model_type": "A", "own": {"x": 1}}), known(config={"model_type": "A", "own": {"x": 2}})
    assert section("config", old, new) == [("config.json.own.x", "1", "2")]
    assert section("config", old, known()) == []


def test_another_runtime_or_container_is_another_model_though_the_content_is_the_same() -> None:
    old = known(status={"runtime": {"name": "a"}}, spec={"container": {"env": [{"name": "A", "value": "1"}]}})
    new = known(status={"runtime": {"name": "b"}}, spec={"container": {"env": [{"name": "A", "value": "2"}]}})
    assert section("runtime", old, new) == [("container.env[A].value", "1", "2"), ("runtime.name", "a", "b")]
    assert not diff(old, new).same_model


def predicate(*args: str, seed: str = "7") -> dict[str, Any]:
    container = {"name": "train", "image": "r/t:1", "args": list(args), "env": [{"name": "SEED", "value": seed}]}
    job = {"name": "train", "labels": {"team": "vision", "controller-uid": seed}}
    return {"buildDefinition": {"externalParameters": {"job": job, "containers": [container], "inputs": ["obs://d/"]}}}


def provenance(digest: str, **fields: Any) -> dict[str, Any]:
    image = {"image": "r/t:1", "digest": digest}
    return {"provenance": {"record": {"name": digest}, "images": [image], **fields}}


def test_what_was_told_and_what_ran_are_compared_where_they_are_kept() -> None:
    old = known(predicate=predicate("--epochs", "3"), status=provenance(ONE, revision="c0ffee"))
    new = known(predicate=predicate("--epochs", "4", seed="8"), status=provenance(OTHER, revision="decade"))
    assert section("provenance", old, new) == [
        ("containers[train].args", "--epochs 3", "--epochs 4"),
        ("containers[train].env[SEED].value", "7", "8"),
        ("images[r/t:1].digest", ONE, OTHER),
        ("revision", "c0ffee", "decade"),
    ]


def test_items_without_a_name_of_their_own_are_told_apart_by_their_place() -> None:
    old = known(config={"rows": [{"name": "a"}, {"name": "a"}, 3]})
    new = known(config={"rows": [{"name": "a"}, {"name": "b"}, 3]})
    assert section("config", old, new) == [("config.json.rows[1].name", "a", "b")]


def test_the_document_has_every_section() -> None:
    found = diff(known(), known("mnist-1.1.0", OTHER))
    assert list(found.document()) == [
        "versions",
        "sameContent",
        "sameModel",
        "content",
        "files",
        "config",
        "metrics",
        "runtime",
        "provenance",
    ]
    assert found.document()["content"] == {"before": ONE, "after": OTHER}
