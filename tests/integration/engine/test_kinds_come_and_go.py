"""Our own kinds stay watched whatever becomes of them: CRDs that go and come back, gateways that answer in HTML.

`make e2e-kinds` plays 50 rounds of each.
"""

import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from zlib import crc32

import pytest
from aiohttp import web
from tests.support.kube import ApiError, Kube, Object
from tests.support.operator import ROOT, Operator, documents
from tests.support.waiting import eventually
from tests.support.write_proxy import WriteProxy, write_proxy

GROUP = "aiapp.dev/v1alpha1"
ROUNDS = int(os.environ.get("KIND_ROUNDS", "3"))
KINDS = ("aiapplications", "aiapplicationversions", "inferenceruntimes")
LEAVING = (KINDS[:2], KINDS, KINDS[:1], KINDS[1:2], KINDS[2:])
"""Which CRDs go together."""
OURS = tuple(f"/apis/{GROUP}/{plural}" for plural in KINDS)


@pytest.fixture
def misled(own_operator: Operator, tmp_path: Path) -> Iterator[WriteProxy]:
    """In front of the operator."""
    with write_proxy(own_operator.kubeconfig, tmp_path) as (proxy, kubeconfig):
        own_operator.kubeconfig = kubeconfig
        yield proxy
        own_operator.stop()


def crds(plurals: tuple[str, ...]) -> list[Object]:
    return [next(documents(ROOT / f"crds/{plural}.yaml")) for plural in plurals]


def examples(name: str) -> list[Object]:
    """One object of each kind, which nothing else has to exist for."""
    source = {"obs": {"uri": "obs://absent/", "endpoint": "http://127.0.0.1:9", "region": "nowhere"}}
    spec = {"application": name, "version": "1.0.0", "source": source}
    runtime = f"pytorch_2.1.{crc32(name.encode())}-cpu-py_3.11-ubuntu_22.04-x86_64"
    return [
        {"apiVersion": GROUP, "kind": "AIApplication", "metadata": {"name": name, "namespace": "default"}, "spec": {}},
        {
            "apiVersion": GROUP,
            "kind": "AIApplicationVersion",
            "metadata": {"name": f"{name}-1.0.0", "namespace": "default"},
            "spec": spec,
        },
        {
            "apiVersion": GROUP,
            "kind": "InferenceRuntime",
            "metadata": {"name": runtime.replace("_", "-")},
            "spec": {"name": runtime},
        },
    ]


def observed(kube: Kube, example: Object) -> int:
    """The generation that the operator has seen."""
    metadata = example["metadata"]
    found = kube.get(GROUP, example["kind"], metadata["name"], metadata.get("namespace"))
    return int((found.get("status") or {}).get("observedGeneration") or 0)


def create(kube: Kube, example: Object) -> None:
    """As soon as its kind is served."""

    def created() -> bool:
        try:
            kube.create(example)
        except (ApiError, KeyError) as error:  # not served, or not in the list of kinds yet
            raise AssertionError(str(error)) from error
        return True

    eventually(created)


def until_observed(kube: Kube, example: Object, generation: int) -> None:
    eventually(lambda: observed(kube, example) == generation)


def until_gone(kube: Kube, crd: Object) -> None:
    eventually(lambda: kube.find(crd["apiVersion"], crd["kind"], crd["metadata"]["name"]) is None)


def until_misled(proxy: WriteProxy, sign: str) -> None:
    eventually(lambda: any(path == sign or ("?" in sign and path.startswith(sign)) for path in proxy.misled))


def take_part(kube: Kube, name: str) -> None:
    """Objects of every kind are taken up when they come, and when they change."""
    for example in examples(name):
        create(kube, example)
    for example in examples(name):
        until_observed(kube, example, 1)
    changes = {"InferenceRuntime": {"image": "localhost/other:1"}}
    for example in examples(name):
        kube.patch(example, {"spec": changes.get(example["kind"], {"displayName": "other"})})
    for example in examples(name):
        until_observed(kube, example, 2)


def test_kinds_that_were_deleted_and_made_again_are_watched_again(own_operator: Operator, own_kube: Kube) -> None:
    own_operator.start()
    process = own_operator.process
    for number, leaving in enumerate(islice(cycle(LEAVING), ROUNDS)):
        for crd in crds(leaving):
            own_kube.delete(crd)
        for crd in crds(leaving):
            until_gone(own_kube, crd)
        if number % 2:
            eventually(lambda: own_operator.health("/readyz")[0] == 503)
        for crd in crds(leaving):
            own_kube.apply(crd, force="true")
        take_part(own_kube, f"again-{number}")
        own_operator.until_ready()
    assert own_operator.process is process
    assert process is not None
    assert process.poll() is None


def test_a_kind_that_is_not_served_is_told_of_and_the_others_are_watched(
    own_operator: Operator, own_kube: Kube
) -> None:
    own_operator.start()
    runtimes = crds(KINDS[2:])[0]
    own_kube.delete(runtimes)
    eventually(lambda: "inferenceruntimes are not watched" in own_operator.health("/readyz")[1])
    said = own_operator.health("/readyz")[1]
    assert "aiapplications are not watched" not in said
    assert own_operator.health("/healthz")[0] == 200
    own_kube.apply(runtimes, force="true")
    own_operator.until_ready()


def watches(request: web.Request) -> bool:
    return request.path in OURS and "watch" in request.query


def watches_and_listings(request: web.Request) -> bool:
    return request.path in OURS


def discovery_as_well(request: web.Request) -> bool:
    return request.path in (*OURS, "/apis")


FAULTS = (
    (watches, f"{OURS[0]}?watch="),
    (watches_and_listings, f"{OURS[0]}?limit=1"),
    (discovery_as_well, "/apis"),
)
"""What a gateway answers instead, and how a request begins or is that shows that it came so far."""


def test_a_page_of_html_for_an_answer_ends_nothing(misled: WriteProxy, own_operator: Operator, own_kube: Kube) -> None:
    own_operator.start()
    process = own_operator.process
    for number, (fault, sign) in enumerate(islice(cycle(FAULTS), ROUNDS)):
        misled.misled.clear()
        misled.html = fault
        misled.sever()
        until_misled(misled, sign)
        misled.html = lambda _: False
        take_part(own_kube, f"html-{number}")
        own_operator.until_ready()
    assert own_operator.process is process
    assert process is not None
    assert process.poll() is None
