from typing import Any

from aiapp.controller.cache import Cache, Change
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, NODES, RUNTIMES, VERSIONS, Json, Resource


def document(resource: Resource, name: str, version: int, uid: str = "", **more: Any) -> Json:
    metadata = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(version), "namespace": "ns"}
    if not resource.namespaced:
        del metadata["namespace"]
    labels = more.pop("labels", None)
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": metadata | ({"labels": labels} if labels else {}),
        **more,
    }


def model_version(name: str, number: int, application: str = "mnist", version: str = "1.0.0") -> Json:
    return document(VERSIONS, name, number, spec={"application": application, "version": version})


def store(changes: list[Change] | None = None) -> Cache[str]:
    made: Cache[str] = Cache(facts=lambda node: node["metadata"].get("labels", {}).get("chip", "none"))
    if changes is not None:
        made.listen(changes.append)
    return made


def test_an_event_older_than_our_own_write_changes_nothing() -> None:
    changes: list[Change] = []
    seen = store(changes)
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 10, spec={"replicas": 2}), own=True)
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 9, spec={"replicas": 1}))
    found = seen.get(DEPLOYMENTS, "ns", "d")
    assert found is not None
    assert found["spec"] == {"replicas": 2}
    assert len(changes) == 1


def test_the_echo_of_our_own_write_is_no_change() -> None:
    changes: list[Change] = []
    seen = store(changes)
    written = document(DEPLOYMENTS, "d", 10)
    seen.put(DEPLOYMENTS, written, own=True)
    seen.put(DEPLOYMENTS, dict(written))
    assert [change.own for change in changes] == [True]


def test_resource_versions_are_numbers_not_text() -> None:
    seen = store()
    seen.put(VERSIONS, model_version("mnist-1.0.0", 9))
    seen.put(VERSIONS, model_version("mnist-1.0.0", 10, version="2.0.0"))
    assert seen.versions("ns", "mnist")[0]["spec"]["version"] == "2.0.0"


def test_a_late_event_cannot_bring_back_what_we_deleted() -> None:
    seen = store()
    old = document(DEPLOYMENTS, "d", 10)
    seen.put(DEPLOYMENTS, old)
    seen.remove(DEPLOYMENTS, old, own=True)
    seen.put(DEPLOYMENTS, old)
    assert seen.get(DEPLOYMENTS, "ns", "d") is None


def test_an_object_that_lost_its_label_comes_back_with_it() -> None:
    seen = store()
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 10))
    seen.remove(DEPLOYMENTS, document(DEPLOYMENTS, "d", 11))
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 12))
    assert seen.get(DEPLOYMENTS, "ns", "d") is not None


def test_the_deletion_of_a_namesake_with_another_uid_removes_nothing() -> None:
    seen = store()
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 12, uid="new"))
    seen.remove(DEPLOYMENTS, document(DEPLOYMENTS, "d", 10, uid="old"))
    assert seen.get(DEPLOYMENTS, "ns", "d") is not None


def test_a_listing_removes_what_it_lacks_but_not_what_was_written_after_it() -> None:
    changes: list[Change] = []
    seen = store(changes)
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "gone", 5))
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "new", 30), own=True)
    seen.replace(DEPLOYMENTS, [document(DEPLOYMENTS, "listed", 7)], "20")
    assert sorted(d["metadata"]["name"] for d in seen.all(DEPLOYMENTS)) == ["listed", "new"]
    assert [(c.object["metadata"]["name"], c.new is None) for c in changes[2:]] == [("listed", False), ("gone", True)]


def test_children_and_versions_are_found_by_their_application_in_order_of_name() -> None:
    seen = store()
    label = {"aiapp.dev/application": "mnist"}
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "mnist-2-0-0", 1, labels=label))
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "mnist-1-0-0", 2, labels=label))
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "other", 3, labels={"aiapp.dev/application": "other"}))
    seen.put(VERSIONS, model_version("mnist-1.0.0", 4))
    assert [c["metadata"]["name"] for c in seen.children(DEPLOYMENTS, "ns", "mnist")] == ["mnist-1-0-0", "mnist-2-0-0"]
    assert [v["metadata"]["name"] for v in seen.versions("ns", "mnist")] == ["mnist-1.0.0"]
    assert seen.children(DEPLOYMENTS, "elsewhere", "mnist") == []


def test_an_object_that_moves_to_another_application_leaves_the_first() -> None:
    seen = store()
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 1, labels={"aiapp.dev/application": "one"}))
    seen.put(DEPLOYMENTS, document(DEPLOYMENTS, "d", 2, labels={"aiapp.dev/application": "two"}))
    assert seen.children(DEPLOYMENTS, "ns", "one") == []
    assert len(seen.children(DEPLOYMENTS, "ns", "two")) == 1


def test_a_node_that_only_says_it_is_alive_is_no_news() -> None:
    changes: list[Change] = []
    seen = store(changes)
    seen.put(NODES, document(NODES, "n1", 1, labels={"chip": "910A"}))
    before = seen.nodes()
    seen.put(NODES, document(NODES, "n1", 2, labels={"chip": "910A"}))
    assert seen.nodes() is before
    seen.put(NODES, document(NODES, "n1", 3, labels={"chip": "910B"}))
    assert seen.nodes() == ("910B",)
    seen.remove(NODES, document(NODES, "n1", 4))
    assert seen.nodes() == ()
    assert len(changes) == 3


def test_the_catalogue_is_cluster_wide() -> None:
    seen = store()
    seen.put(RUNTIMES, document(RUNTIMES, "r", 1, spec={"name": "r"}))
    assert [r["metadata"]["name"] for r in seen.runtimes()] == ["r"]
    assert seen.get(RUNTIMES, None, "r") is not None
