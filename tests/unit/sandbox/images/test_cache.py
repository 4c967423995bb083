"""The cache of built images."""

import os
from pathlib import Path

import pytest

from aiapp_sandbox.images import cache


def test_an_image_is_built_once(tmp_path: Path) -> None:
    builds: list[Path] = []

    def build(target: Path) -> None:
        builds.append(target)
        target.write_text("image")

    target = tmp_path / "images/one.tar"
    assert cache.built(target, build).read_text() == "image"
    assert cache.built(target, build) == target
    assert len(builds) == 1


def test_a_failed_build_leaves_no_image(tmp_path: Path) -> None:
    def build(target: Path) -> None:
        target.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.built(tmp_path / "one.tar", build)
    assert not (tmp_path / "one.tar").exists()


def test_the_digest_follows_the_recipe() -> None:
    assert cache.digest(["bookworm", "python3"]) == cache.digest(["bookworm", "python3"])
    assert cache.digest(["bookworm", "python3"]) != cache.digest(["trixie", "python3"])


def test_superseded_images_go_and_the_latest_stay(tmp_path: Path) -> None:
    for age, name in enumerate(("operator-c.tar", "operator-b.tar", "operator-a.tar", "base-a.tar")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    cache.keep_latest(tmp_path, "operator-*.tar", 2)
    assert {file.name for file in tmp_path.iterdir()} == {"operator-c.tar", "operator-b.tar", "base-a.tar"}
