"""The process's account, in images that have none for its user."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aiapp.serve import account

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import getpass, os, sys
from aiapp.serve.account import complete
os.setgid(12345)
os.setuid(12345)
complete(os.environ, sys.argv[1])
print(getpass.getuser(), os.environ["HOME"], os.environ.get("XDG_CACHE_HOME"), sep="|")
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def seen_by_another_user(home: str, temporary: Path) -> list[str]:
    """Name, home and cache."""
    environment: dict[str, str] = {"HOME": home, "PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(temporary)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ran.stdout.strip().split("|")


def test_a_home_that_can_be_written_to_is_left_as_it_is(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "USER": "me"}
    account.complete(environment, "/nowhere")
    assert (environment["HOME"], environment["USER"]) == (str(tmp_path), "me")


def test_a_home_that_is_absent_gives_way_to_a_folder_of_ones_own(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path / "gone")}
    account.complete(environment, str(tmp_path))
    home = Path(environment["HOME"])
    assert home.parent == tmp_path
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_a_user_without_account_has_a_name_and_a_home_to_write_to(public: Path) -> None:
    assert seen_by_another_user("/", public) == ["uid12345", str(public / "home-12345"), "None"]
    assert (public / "home-12345").stat().st_uid == 12345


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_a_cache_in_the_home_that_belongs_to_another_user_is_not_used(public: Path) -> None:
    home = public / "home"
    (home / ".cache").mkdir(parents=True)
    os.chown(str(home), 12345, 12345)
    assert seen_by_another_user(str(home), public) == ["uid12345", str(home), str(public / "cache-12345")]
