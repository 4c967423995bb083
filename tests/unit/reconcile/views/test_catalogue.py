"""One object that this operator cannot read never stops the others, and its own status says why."""

from dataclasses import replace

import pytest
from tests.support import documents
from tests.support.fake_api import FakeApi
from tests.support.fleet import TABLES
from tests.support.records import SKLEARN, held, observed, stored
from tests.support.world import FakeCluster

from aiapp.api.conditions import Reason
from aiapp.controller.workqueue import Key
from aiapp.domain.application.plan import plan
from aiapp.domain.kubernetes.resources import RUNTIMES, Json
from aiapp.domain.records import read_versions
from aiapp.reconcile.runtime import RuntimeReconciler
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.node_facts import NodeFactsConfig

SECRET = "hunter2"
OLD = documents.changed(documents.runtime("older_1.0-cpu"), spec__lifecycle=SECRET, spec__env=[{"name": 7}])


def put(api: FakeApi, document: Json) -> Json:
    return api.hold(stored(document), f"uid-{document['metadata']['name']}")


def test_a_runtime_that_cannot_be_read_is_left_out_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    api, catalogue = FakeApi(), Catalogue()
    objects = [put(api, OLD), put(api, documents.runtime(SKLEARN))]
    for _ in range(2):
        assert list(catalogue.specs(objects)) == [SKLEARN]
    (told,) = caplog.messages
    assert "spec.lifecycle" in told
    assert SECRET not in told


def test_it_counts_as_soon_as_it_was_mended() -> None:
    api, catalogue = FakeApi(), Catalogue()
    assert catalogue.specs([put(api, OLD)]) == {}
    assert list(catalogue.specs([put(api, documents.runtime("older_1.0-cpu"))])) == ["older_1.0-cpu"]


async def test_its_own_status_says_which_field_breaks_a_rule() -> None:
    cluster = FakeCluster()
    api, store = cluster.api, cluster.store
    raw = api.hold({**stored(OLD), "metadata": {**stored(OLD)["metadata"], "namespace": ""}}, "uid")
    store.put(RUNTIMES, raw)
    node_facts = NodeFactsConfig(TABLES, cluster.events, lambda: None)
    await RuntimeReconciler(store, cluster.cluster, node_facts)(Key("InferenceRuntime", "", "older-1.0-cpu"))
    ready, stalled = api.objects[RUNTIMES, "", "older-1.0-cpu"]["status"]["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "SpecInvalid")
    assert (stalled["type"], stalled["status"], stalled["message"]) == ("Stalled", "True", ready["message"])
    assert "spec.lifecycle" in ready["message"]


def test_a_version_that_cannot_be_read_holds_back_only_itself() -> None:
    good = stored(documents.version("mnist", "1.0.0"))
    bad = stored(documents.changed(documents.version("mnist", "1.1.0"), spec__source={"obs": {"uri": 7}}))
    versions, unreadable = read_versions([good, bad])
    assert [version.name for version in versions] == ["mnist-1.0.0"]
    assert unreadable == {"mnist-1.1.0"}


def test_an_application_says_which_of_its_versions_cannot_be_read() -> None:
    made = plan(replace(observed(), versions=(), unreadable=frozenset({"mnist-1.0.0"})))
    assert held(made).reason is Reason.VERSION_NOT_READY
    assert "mnist-1.0.0 breaks a rule" in held(made).message
    assert made.delete == ()
