"""The operator for some namespaces only, with the rights that the chart gives it then, and with less than those."""

import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from charts.generate import OPERATOR, ROOT
from charts.helm import helm
from tests.support.kube import Kube, Object
from tests.support.operator import Operator, install
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

GROUP = "aiapp.dev/v1alpha1"
NAME = "aiapp-narrow"
SYSTEM = "aiapp-system"


@pytest.fixture
def teams(kube: Kube) -> Iterator[tuple[str, str, str]]:
    """Three namespaces; the operator is for the first two."""
    names = [f"team-{secrets.token_hex(4)}" for _ in range(3)]
    made = [kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}) for name in names]
    yield names[0], names[1], names[2]
    for namespace in made:
        kube.delete(namespace)


@pytest.fixture
def rights(kube: Kube, installed: None, teams: tuple[str, str, str]) -> Iterator[list[Object]]:
    """Those of the chart for the first two namespaces, given to a service account of their own."""
    templates = ("rbac/serviceaccount.yaml", "rbac/operator.yaml")
    rendered = helm(
        "template",
        NAME,
        str(ROOT / OPERATOR),
        f"--namespace={SYSTEM}",
        f"--set=fullnameOverride={NAME},settings.watchNamespaces={{{teams[0]},{teams[1]}}}",
        *(f"--show-only=templates/{template}" for template in templates),
    )
    made = [kube.apply(document, force="true") for document in yaml.safe_load_all(rendered) if document]
    yield made
    for one in made:
        kube.delete(one)


@pytest.fixture
def narrow(sandbox: Sandbox, rights: list[Object], teams: tuple[str, str, str], tmp_path: Path) -> Iterator[Operator]:
    """The operator with these rights, not started yet."""
    environment = {
        "AIAPP_WATCH_NAMESPACES": ",".join(teams[:2]),
        "AIAPP_LEADER_ELECTION": "true",
        "AIAPP_RESYNC_SECONDS": "10",  # a watch that was begun goes on without rights: listings are refused
    }
    running = Operator(sandbox.service_account(SYSTEM, NAME), tmp_path / "operator.log", environment)
    yield running
    if running.process is not None:
        running.stop()
    assert "Traceback" not in running.log(), running.log()


def created(kube: Kube, namespace: str, name: str) -> list[Object]:
    """An application, and a version whose store nobody reaches."""
    source = {"obs": {"uri": "obs://absent/", "endpoint": "http://127.0.0.1:9", "region": "nowhere"}}
    version = {"application": name, "version": "1.0.0", "source": source}
    return [
        kube.create(_object("AIApplication", namespace, name, {})),
        kube.create(_object("AIApplicationVersion", namespace, f"{name}-1.0.0", version)),
    ]


def _object(kind: str, namespace: str, name: str, spec: dict[str, Any]) -> Object:
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def observed(kube: Kube, one: Object) -> int:
    metadata = one["metadata"]
    status = kube.get(GROUP, one["kind"], metadata["name"], metadata["namespace"]).get("status") or {}
    return int(status.get("observedGeneration") or 0)


def take_up(kube: Kube, one: Object) -> None:
    """When it comes, and when it changes."""
    eventually(lambda: observed(kube, one) == 1)
    kube.patch(one, {"spec": {"displayName": "other"}})
    eventually(lambda: observed(kube, one) == 2)


def test_it_manages_these_namespaces_and_asks_for_nothing_that_its_roles_do_not_give(
    narrow: Operator, kube: Kube, teams: tuple[str, str, str]
) -> None:
    before = created(kube, teams[1], "before")
    narrow.start()
    outside = created(kube, teams[2], "outside")
    for one in (*before, *created(kube, teams[0], "after")):
        take_up(kube, one)
    assert [observed(kube, one) for one in outside] == [0, 0]
    refused = partial(narrow.metric, "rest_client_requests_total", code="403")
    eventually(lambda: refused() == refused(resource="events"))  # which are sent beside the work


def test_a_namespace_that_is_deleted_takes_nothing_else_along_and_is_taken_up_when_it_comes_again(
    narrow: Operator, kube: Kube, rights: list[Object], teams: tuple[str, str, str]
) -> None:
    stays, goes = teams[:2]
    narrow.start()
    for one in (*created(kube, stays, "stays"), *created(kube, goes, "goes")):
        take_up(kube, one)
    kube.delete(kube.get("v1", "Namespace", goes))
    eventually(lambda: kube.find("v1", "Namespace", goes) is None)
    eventually(lambda: f"namespace {goes} may not be read" in narrow.log())
    assert narrow.health("/readyz") == (200, "ok\n")
    assert narrow.metric("aiapp_unreadable_namespaces") == 1
    for one in created(kube, stays, "meanwhile"):
        take_up(kube, one)
    narrow.restart()
    for one in created(kube, stays, "after-a-restart"):
        take_up(kube, one)
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": goes}})
    for one in (one for one in rights if one["metadata"].get("namespace") == goes):
        kube.create(one | {"metadata": {"name": one["metadata"]["name"], "namespace": goes}})
    eventually(lambda: f"namespace {goes} may be read" in narrow.log())
    for one in created(kube, goes, "again"):
        take_up(kube, one)
    eventually(lambda: narrow.health("/readyz") == (200, "ok\n"))
    assert narrow.metric("aiapp_unreadable_namespaces") == 0


@pytest.fixture
def no_catalogue(kube: Kube, installed: None) -> Iterator[None]:
    """Not everyone may read the catalogue, as the install's manifests otherwise let them."""
    everyone = kube.get("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "aiapp-runtimes-view")
    kube.delete(everyone)
    yield
    install(kube)


@pytest.mark.usefixtures("no_catalogue")
def test_without_rights_on_nodes_and_runtimes_it_says_what_is_lost_and_goes_on(
    narrow: Operator, kube: Kube, rights: list[Object], teams: tuple[str, str, str]
) -> None:
    role = next(one for one in rights if one["kind"] == "ClusterRole")
    crds = [rule for rule in role["rules"] if "customresourcedefinitions" in rule["resources"]]
    kube.patch(role, {"rules": crds})
    narrow.start()
    for one in created(kube, teams[0], "first"):
        take_up(kube, one)
    assert "nodes may not be read" in narrow.log()
    assert "inferenceruntimes may not be watched" in narrow.log()
    assert narrow.health("/readyz") == (200, "ok\n")
