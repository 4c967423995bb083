"""Which manifests the pods of an application may still need."""

from typing import Any

from aiapp.domain.application.mounts import templates, unused
from aiapp.domain.application.observed import Children
from aiapp.domain.kubernetes.naming import image_config_map, manifest_config_map

RUNS, KEPT, GONE = (manifest_config_map(f"sha256:{digit * 64}") for digit in "123")


def template(*names: str) -> dict[str, Any]:
    """Of pods that mount a manifest, in parts or in one, and the record of its digest."""
    parts = [{"configMap": {"name": name}} for name in names]
    whole = (
        {"name": "manifest", **parts[0]} if len(parts) == 1 else {"name": "manifest", "projected": {"sources": parts}}
    )
    return {"spec": {"volumes": [whole, {"name": "package", "emptyDir": {}}]}}


def test_what_runs_and_what_is_kept_for_a_rollback_is_in_use() -> None:
    deployment = {"spec": {"template": template(RUNS, f"{RUNS}-1")}}
    children = Children(deployments=(deployment,), revisions=({"data": template(KEPT)},))
    held = [RUNS, f"{RUNS}-1", f"{RUNS}-digest", KEPT, GONE, f"{GONE}-1", f"{GONE}-digest"]
    assert unused(held, templates(children, ())) == [GONE, f"{GONE}-1", f"{GONE}-digest"]


def test_the_record_of_an_image_is_kept_while_a_template_runs_that_image() -> None:
    digests = [f"sha256:{digit * 64}" for digit in "456"]
    runs, kept, gone = map(image_config_map, digests)
    pods = [{"spec": {"containers": [{"image": f"r/mnist:1@{digest}"}, {"image": "r/proxy:1"}]}} for digest in digests]
    children = Children(deployments=({"spec": {"template": pods[0]}},), revisions=({"data": pods[1]},))
    assert unused([runs, kept, gone], templates(children, ())) == [gone]


def test_an_application_that_serves_nothing_and_has_no_history_needs_none() -> None:
    assert unused([RUNS], templates(Children(), ())) == [RUNS]


def test_a_config_map_that_holds_no_manifest_is_none_of_its_business() -> None:
    assert unused(["pip-settings"], templates(Children(), ())) == []


def test_nothing_is_let_go_while_a_template_is_not_known() -> None:
    assert unused([GONE], templates(Children(deployments=({"spec": {}},)), ())) == []
    assert unused([GONE], templates(Children(revisions=({"revision": 1},)), ())) == []
