"""Where a root file system's packages come from."""

import pytest

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images.base import package_sources

INDEXES = """\
http://mirror.example/debian/ bookworm main Debian
http://mirror.example/debian/ bookworm main Debian
http://mirror.example/debian/ bookworm contrib Debian
http://mirror.example/debian/ bookworm-updates main Debian
https://tools.example/apt bookworm main Tools Inc.
https://db.example/apt bookworm-db main Debian
"""


def lines(indexes: str) -> list[str]:
    return [
        line.split("] ")[-1].removeprefix("deb ") for line in package_sources(indexes, "bookworm", "Debian").split("\n")
    ]


def test_only_the_distributions_own_main_repositories_are_used() -> None:
    assert lines(INDEXES) == [
        "http://mirror.example/debian/ bookworm main",
        "http://mirror.example/debian/ bookworm-updates main",
        "",
    ]


def test_without_package_lists_the_origin_is_unknown_and_the_suite_decides() -> None:
    assert lines("http://mirror.example/debian/ bookworm main $(ORIGIN)\n")[0].endswith("bookworm main")


def test_a_machine_without_such_a_source_is_told_so() -> None:
    with pytest.raises(SandboxError, match="no package source of Debian bookworm is configured"):
        package_sources("https://tools.example/apt stable main Tools Inc.\n", "bookworm", "Debian")
