"""Who asks for a ticket: what a reviewed token, a pod and its owners say. Values only, nothing is believed unseen."""

import hmac
from dataclasses import dataclass
from typing import Final

from aiapp.domain.artifact.sharing import serves
from aiapp.domain.exeml.tickets import AUDIENCE, TicketRefusedError, proof_hash
from aiapp.domain.kubernetes.naming import VERSION_LABEL
from aiapp.domain.kubernetes.resources import TOKEN_REVIEWS, Json

IDENTIFIER: Final = "identify"
"""The first container of a pod that asks: it makes the secret, and shows the kubelet its hash."""
_POD_NAME: Final = "authentication.kubernetes.io/pod-name"
_POD_UID: Final = "authentication.kubernetes.io/pod-uid"
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Holder:
    """The pod that a token was made for."""

    namespace: str
    pod: str
    uid: str


def token_review(token: str) -> Json:
    """What the API server is asked about a token."""
    return {
        "apiVersion": TOKEN_REVIEWS.api_version,
        "kind": TOKEN_REVIEWS.kind,
        "metadata": {},
        "spec": {"token": token, "audiences": [AUDIENCE]},
    }


def holder(review: Json) -> Holder:
    """The pod that the token is bound to. Raises `TicketRefusedError`."""
    status = review.get("status") or {}
    if status.get("authenticated") is not True or AUDIENCE not in (status.get("audiences") or ()):
        raise TicketRefusedError("token", f"the token is not one of this cluster for the audience {AUDIENCE}")
    user = status.get("user") or {}
    name, extra = str(user.get("username", "")), user.get("extra") or {}
    pods, uids = list(extra.get(_POD_NAME) or []), list(extra.get(_POD_UID) or [])
    if not name.startswith(_SERVICE_ACCOUNT) or len(pods) != 1 or len(uids) != 1:
        raise TicketRefusedError("token", "the token is not bound to a pod: only the kubelet's are good for this")
    return Holder(name.removeprefix(_SERVICE_ACCOUNT).partition(":")[0], str(pods[0]), str(uids[0]))


def require_same(pod: Json | None, asker: Holder) -> Json:
    """The pod as it is now, if it is still that one, is on a node and stays. Raises `TicketRefusedError`."""
    if pod is None or pod["metadata"]["uid"] != asker.uid or "deletionTimestamp" in pod["metadata"]:
        raise TicketRefusedError("pod", f"there is no pod {asker.pod} any more that the token is for")
    if not pod["spec"].get("nodeName"):
        raise TicketRefusedError("pod", f"pod {asker.pod} is on no node")
    return pod


def require_proof(pod: Json, proof: bytes) -> None:
    """Whether the asker runs in the pod: only its containers know what the hash in its status is of.

    Whoever may ask for tokens may have one for any pod, so the token alone does not tell. Raises `TicketRefusedError`.
    """
    name = pod["metadata"]["name"]
    statuses = (pod.get("status") or {}).get("initContainerStatuses") or ()
    ended = next((one.get("state", {}).get("terminated") for one in statuses if one["name"] == IDENTIFIER), None)
    if ended is None:
        message = f"the status of pod {name} does not show the hash of its proof yet"
        raise TicketRefusedError("proof", message, soon=True)
    shown_hash = str(ended.get("message", "")) if ended.get("exitCode") == 0 else ""
    if not hmac.compare_digest(shown_hash.strip().encode(), proof_hash(proof).encode()):
        # After a restart of the whole pod, the status shows the former hash for a moment.
        raise TicketRefusedError("proof", f"the asker does not have the proof of pod {name}", soon=True)


def controller(obj: Json, api_version: str, kind: str) -> tuple[str, str]:
    """Name and uid of what controls an object. Raises `TicketRefusedError`."""
    owners = obj["metadata"].get("ownerReferences") or ()
    found = next((one for one in owners if one.get("controller")), None)
    if found is None or (found.get("apiVersion"), found.get("kind")) != (api_version, kind):
        name = obj["metadata"]["name"]
        raise TicketRefusedError(
            "owner", f"{obj['kind']} {name} is not controlled by a {kind} of the operator's making"
        )
    return str(found["name"]), str(found["uid"])


def require_uid(owner: Json | None, kind: str, name: str, uid: str) -> Json:
    """The owner, if it is the very one. Raises `TicketRefusedError`."""
    if owner is None or owner["metadata"]["uid"] != uid or "deletionTimestamp" in owner["metadata"]:
        raise TicketRefusedError("owner", f"{kind} {name}, which is named as an owner of the pod, is not there")
    return owner


def served(application: Json, deployment: Json) -> str:
    """Number of the version that a Deployment of an application is for. Raises `TicketRefusedError`."""
    number = str((deployment["metadata"].get("labels") or {}).get(VERSION_LABEL, ""))
    if not serves(application, number):
        name = application["metadata"]["name"]
        raise TicketRefusedError("owner", f"AIApplication {name} does not serve version {number or '(none)'}")
    return number
