"""Who may have a ticket: a pod, by a token that is bound to it and a secret that only its containers know."""

from typing import Any

import pytest

from aiapp.domain.exeml.holder import Holder, controller, holder, require_proof, require_same, require_uid, served
from aiapp.domain.exeml.tickets import AUDIENCE, Ticket, TicketFormError, TicketRefusedError, TicketRequest, proof_hash
from aiapp.domain.kubernetes.resources import Json

POD = {
    "authentication.kubernetes.io/pod-name": ["p"],
    "authentication.kubernetes.io/pod-uid": ["u-1"],
}


def review(**changes: Any) -> Json:
    user = {"username": "system:serviceaccount:team:default", "extra": POD}
    return {"status": {"authenticated": True, "audiences": [AUDIENCE], "user": user} | changes}


def test_a_token_that_is_bound_to_a_pod_says_which() -> None:
    assert holder(review()) == Holder("team", "p", "u-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"authenticated": False},
        {"authenticated": None},
        {"audiences": []},
        {"audiences": ["https://kubernetes.default.svc"]},
        {"user": {"username": "system:serviceaccount:team:default"}},
        {"user": {"username": "system:serviceaccount:team:default", "extra": {}}},
        {"user": {"username": "mallory", "extra": POD}},
    ],
    ids=str,
)
def test_no_other_token_is_good_for_a_ticket(changes: dict[str, Any]) -> None:
    with pytest.raises(TicketRefusedError):
        holder(review(**changes))


ASKER = Holder("team", "p", "u-1")


def pod(**metadata: Any) -> Json:
    return {"metadata": {"name": "p", "uid": "u-1"} | metadata, "spec": {"nodeName": "n"}, "kind": "Pod"}


def test_the_pod_has_to_be_that_one_on_a_node_and_to_stay() -> None:
    assert require_same(pod(), ASKER) == pod()
    for other in (None, pod(uid="u-2"), pod(deletionTimestamp="now"), pod() | {"spec": {}}):
        with pytest.raises(TicketRefusedError):
            require_same(other, ASKER)


def with_status(message: str, code: int = 0) -> Json:
    ended = {"terminated": {"exitCode": code, "message": message}}
    return pod() | {"status": {"initContainerStatuses": [{"name": "identify", "state": ended}]}}


def test_only_who_knows_the_secret_behind_the_hash_in_the_status_runs_in_the_pod() -> None:
    secret = b"s" * 32
    require_proof(with_status(proof_hash(secret)), secret)
    for status in (
        pod(),
        with_status(""),
        with_status(proof_hash(b"other")),
        with_status(proof_hash(secret), code=1),
        with_status(secret.hex()),
    ):
        with pytest.raises(TicketRefusedError) as refused:
            require_proof(status, secret)
        assert secret.hex() not in refused.value.message
    with pytest.raises(TicketRefusedError):
        require_proof(with_status(proof_hash(b"")), b"s")


def test_owners_count_only_as_controllers_of_the_right_kind_and_with_their_uid() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u-r", "controller": True}
    assert controller(pod(ownerReferences=[owner]), "apps/v1", "ReplicaSet") == ("r", "u-r")
    for owners in ([], [owner | {"controller": False}], [owner | {"kind": "Job"}], [owner | {"apiVersion": "x/v1"}]):
        with pytest.raises(TicketRefusedError):
            controller(pod(ownerReferences=owners), "apps/v1", "ReplicaSet")
    found = {"metadata": {"name": "r", "uid": "u-r"}}
    assert require_uid(found, "ReplicaSet", "r", "u-r") == found
    for other in (None, {"metadata": {"uid": "u-2"}}, {"metadata": {"uid": "u-r", "deletionTimestamp": "now"}}):
        with pytest.raises(TicketRefusedError):
            require_uid(other, "ReplicaSet", "r", "u-r")


def test_a_deployment_serves_only_what_its_application_serves() -> None:
    application = {"metadata": {"name": "a"}, "spec": {"serving": {"versions": [{"version": "1.0.0"}]}}}
    assert served(application, {"metadata": {"labels": {"aiapp.dev/version": "1.0.0"}}}) == "1.0.0"
    for labels in ({}, {"aiapp.dev/version": "2.0.0"}):
        with pytest.raises(TicketRefusedError):
            served(application, {"metadata": {"labels": labels}})


def test_requests_and_tickets_are_read_as_they_were_written() -> None:
    asked = TicketRequest("sha256:1", 250, b"p" * 32)
    assert TicketRequest.read(asked.body) == asked
    assert (b"p" * 32).hex() not in repr(asked)
    ticket = Ticket(origin="https://obs.lan", seconds=300, first=0, targets=("/a?X=1", ""), authorities=None)
    assert Ticket.read(ticket.body) == ticket
    assert "X=1" not in repr(ticket)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"pin": 1, "first": 0, "proof": ""}', b'{"pin": "", "first": -1, "proof": ""}',
     b'{"pin": "", "first": true, "proof": ""}', b'{"pin": "", "first": 0, "proof": "xyz"}',
     b'{"pin": "", "first": 99999999999999999999, "proof": ""}', b"[" * 9000],
)  # fmt: skip
def test_anything_else_is_no_request(body: bytes) -> None:
    with pytest.raises(TicketFormError):
        TicketRequest.read(body)
    with pytest.raises(TicketFormError):
        Ticket.read(body)
