"""Who wrote a part of an object last."""

from typing import Any

from aiapp.domain.kubernetes.authors import author, only_of
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import APPLICATIONS

PATH = ("spec", "serving")
OURS: dict[str, Any] = {"f:spec": {"f:serving": {"f:versions": {}}}}


def entry(manager: str, time: str | None, fields: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields} | ({"time": time} if time else {})


def written(*entries: dict[str, Any]) -> str | None:
    found = author(only_of(entries, PATH))
    return found.manager if found else None


def test_the_latest_of_those_who_wrote_there_counts() -> None:
    old, new = entry("helm", "2026-01-01T00:00:00Z", OURS), entry("kubectl-edit", "2026-01-02T00:00:00Z", OURS)
    assert written(old, new) == written(new, old) == "kubectl-edit"


def test_those_who_wrote_elsewhere_do_not_count() -> None:
    assert (
        written(entry("labels", None, {"f:metadata": {}}), entry("x", None, {"f:spec": {"f:displayName": {}}})) is None
    )
    assert written({"fieldsV1": OURS}) is None


def test_within_a_second_an_edit_comes_after_what_was_applied() -> None:
    assert written(*(entry(name, "2026-01-02T00:00:00Z", OURS) for name in ("helm", "kubectl-edit"))) == "kubectl-edit"


def test_one_without_a_time_is_older_than_any_other() -> None:
    assert written(entry("old", None, OURS), entry("new", "2026-01-02T00:00:00Z", OURS)) == "new"
    assert written(entry("old", None, OURS)) == "old"


def test_an_application_keeps_its_author_however_often_it_is_trimmed() -> None:
    metadata = {"name": "mnist", "managedFields": [entry("kubectl-edit", "2026-01-02T00:00:00Z", OURS)]}
    once = trim_of(APPLICATIONS)({"kind": "AIApplication", "metadata": metadata})
    assert once["metadata"]["managedFields"] == [{"manager": "kubectl-edit", "time": "2026-01-02T00:00:00Z"}]
    assert trim_of(APPLICATIONS)(once) == once
