"""Each kind of source answers every question, and nothing beside the rooms of sources knows which kinds there are."""

import re
from pathlib import Path
from typing import Final, get_args

import pytest
from tests.support.records import IMAGE, NORMAL, fresh_version, held, image_version, normal_version, observed

from aiapp.api.conditions import ConditionType
from aiapp.api.source import READY_CONDITIONS, Source, SourceType
from aiapp.api.version import VersionStatus
from aiapp.domain.application.plan import plan
from aiapp.domain.application.rollout import Rendered
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.variants import (
    OF_EVERY_SOURCE,
    UNKNOWN_SOURCE,
    canonical_source,
    contents,
    import_conditions,
    ready_conditions,
    stated_digest,
    type_of,
)
from aiapp.domain.version.status import first_sight

CODE: Final = Path("operator/aiapp")
ROOMS: Final = tuple(
    CODE / place
    for place in (
        "api/source.py",
        "domain/sources",
        "domain/objectstore",
        "reconcile/sources",
        "adapters/objectstore",
        "s3",
        "fetch",
    )
)
"""Where object storage is what the code is about."""
NAMED: Final = re.compile(r"""source\.obs\b|\[["']obs["']\]|\(["']obs["']|\bspec\.source\.obs\b""")


def test_only_the_rooms_of_object_storage_name_its_field() -> None:
    elsewhere = [path for path in CODE.rglob("*.py") if not any(path.is_relative_to(room) for room in ROOMS)]
    assert len(elsewhere) > 100
    assert [str(path) for path in elsewhere if NAMED.search(path.read_text("utf-8"))] == []


def test_every_type_of_source_has_its_conditions_and_all_begin_with_the_source_and_have_an_artifact() -> None:
    assert set(READY_CONDITIONS) == set(get_args(SourceType))
    for conditions in READY_CONDITIONS.values():
        assert conditions[0] is ConditionType.SOURCE_RESOLVED
        assert ConditionType.ARTIFACT_PINNED in conditions


def test_the_status_says_which_conditions_there_are_in_their_order() -> None:
    text = str(VersionStatus.model_fields["conditions"].description)
    for conditions in READY_CONDITIONS.values():
        assert ", ".join(conditions) in " ".join(text.split())


def test_conditions_come_in_the_order_of_the_source() -> None:
    record = fresh_version()
    found = [finding.type for finding in first_sight(record).findings]
    assert tuple(found[:4]) == ready_conditions(record.spec.source)
    assert import_conditions(record.spec.source) == ready_conditions(record.spec.source)[:3]


def test_a_source_that_a_newer_operator_knows_answers_as_none() -> None:
    newer = Source.model_validate({"gallery": {"name": "train"}})
    assert (type_of(newer), stated_digest(newer), canonical_source(newer)) == (None, None, {})
    assert contents(newer) == "the source"
    assert import_conditions(newer) == OF_EVERY_SOURCE


def test_no_pods_are_made_of_a_version_whose_source_this_operator_does_not_know() -> None:
    raw = normal_version().raw
    newer = VersionRecord.parse(raw | {"spec": raw["spec"] | {"source": {"gallery": {"name": "train"}}}})
    assert held(plan(observed(None, newer))).message == f"version mnist-1.0.0: {UNKNOWN_SOURCE}"


def test_pods_of_an_image_run_its_digest_and_fetch_nothing() -> None:
    (made,) = plan(observed(None, image_version())).rollouts
    assert isinstance(made, Rendered)
    spec = made.template["spec"]
    assert (spec["initContainers"], spec["containers"][0]["image"]) == ([], IMAGE["image"])


@pytest.mark.parametrize("type_", get_args(SourceType))
def test_a_status_may_name_every_type(type_: str) -> None:
    status = VersionStatus.model_validate({**NORMAL, "source": {"type": type_, "uri": "x"}})
    assert status.source is not None
    assert status.source.type == type_
