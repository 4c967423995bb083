"""What registries of charts are told of a release."""

from typing import Final

import pytest
from charts.changes import changes

CHANGELOG: Final = """\
# Changelog

## [1.1.0] - unreleased

### Added

* **Two replicas**, if you like: one works
  by a Lease.
* **Settings** are `variables` ([all of them](docs/settings.md), and more). An unknown one is refused.

### Fixed

* Names of [S3](docs/s3.md)'s buckets with dots

## [1.0.0] - 2026-01-02

### Added

* **Everything**.
"""


def test_each_change_is_a_line_with_its_kind() -> None:
    assert changes(CHANGELOG, "1.1.0") == [
        {"kind": "added", "description": "Two replicas, if you like"},
        {"kind": "added", "description": "Settings are variables"},
        {"kind": "fixed", "description": "Names of S3's buckets with dots"},
    ]


def test_a_release_has_its_own_changes_alone() -> None:
    assert changes(CHANGELOG, "1.0.0") == [{"kind": "added", "description": "Everything"}]


def test_a_version_that_the_changelog_does_not_know_is_no_release() -> None:
    with pytest.raises(AssertionError, match=r"no section of 1\.2\.0"):
        changes(CHANGELOG, "1.2.0")
