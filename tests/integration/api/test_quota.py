"""A namespace may have so many of our objects, by a plain ResourceQuota."""

import itertools
from collections.abc import Callable

import pytest
from tests.support import documents
from tests.support.kube import ApiError, Kube, Object
from tests.support.waiting import eventually

SECONDS = 120.0
"""The quota controller looks every half minute which kinds there are."""
KINDS: dict[str, Callable[[str], Object]] = {
    "aiapplications": documents.application,
    "aiapplicationversions": documents.version,
}


@pytest.mark.parametrize("plural", KINDS)
@pytest.mark.usefixtures("installed")
def test_one_more_than_the_quota_is_refused_until_one_goes(kube: Kube, namespace: str, plural: str) -> None:
    counted = f"count/{plural}.aiapp.dev"
    numbers = itertools.count(1000)
    eventually(lambda: _counts(kube, namespace, {counted: "1", "count/secrets": str(next(numbers))}), timeout=SECONDS)
    make = KINDS[plural]
    first = kube.create(make("first"), namespace)
    with pytest.raises(ApiError) as refused:
        kube.create(make("second"), namespace)
    assert (refused.value.status, "exceeded quota: services" in refused.value.message) == (403, True)
    kube.delete(first)
    eventually(lambda: _taken(kube, make("second"), namespace), timeout=SECONDS)


def _counts(kube: Kube, namespace: str, hard: dict[str, str]) -> bool:
    """Whether the quota counts all; a kind that its controller does not know yet is counted once the quota changes."""
    metadata = {"name": "services", "namespace": namespace}
    kube.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    used = kube.get("v1", "ResourceQuota", "services", namespace)["status"].get("used", {})
    return bool(used.keys() == hard.keys())


def _taken(kube: Kube, document: Object, namespace: str) -> bool:
    """The quota counts again some time after an object has gone."""
    try:
        kube.create(document, namespace)
    except ApiError as error:
        raise AssertionError(error.message) from error
    return True
