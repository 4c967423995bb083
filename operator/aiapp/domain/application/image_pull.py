"""Why a node cannot pull an image: what the kubelet says, without what it says twice, and what is to do about it."""

from collections.abc import Sequence
from typing import Final

_AGAIN: Final = "ErrImagePull: "
"""Stands in the words of a kubelet that waits for its next attempt, before those of the last one."""
_CALL: Final = "rpc error: code = "
_REMEDIES: Final[Sequence[tuple[tuple[str, ...], str]]] = (
    (("http response to https client",), "the node asks with TLS: have its container runtime told otherwise"),
    (("x509:", "certificate signed by"), "the node does not trust the registry: give it the authority's certificate"),
    (
        ("unauthorized", "authorization failed", "authentication required", "401", "403", "denied", "no basic auth"),
        "name a Secret for this registry in container.imagePullSecrets of the version",
    ),
    (("no match for platform",), "it is not made for the node's processor"),
    (("not found", "manifest unknown"), "the registry does not have it, or no longer: push it again"),
    (("no space left",), "the disk of the node is full"),
    (
        ("connection refused", "no such host", "i/o timeout", "deadline exceeded", "no route to host"),
        "the node does not reach the registry",
    ),
    (("429", "toomanyrequests"), "the registry wants fewer requests: it goes on by itself"),
)
"""Words of container runtimes and registries, in lower case, and what they mean for people; the first row counts."""


def pull_failure(message: str) -> str:
    """The kubelet's message, shortened, and the remedy where one is known."""
    words = _without_call(message.partition(_AGAIN)[2] or message)
    lower = words.lower()
    remedy = next((remedy for signs, remedy in _REMEDIES if any(sign in lower for sign in signs)), None)
    return words if remedy is None else f"{words} ({remedy})"


def _without_call(words: str) -> str:
    """Without the name of the call between kubelet and container runtime."""
    _, call, rest = words.partition(_CALL)
    return rest.partition(" desc = ")[2] or words if call else words
