"""What runs for the applications of a namespace, as far as nothing but a change of their own may change it."""

from typing import Any, Final

from tests.support.kube import Kube, Object

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL

_KINDS: Final = (("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("v1", "Service"), ("v1", "Pod"))


def running(kube: Kube, namespace: str) -> dict[tuple[str, str], Any]:
    """Kind and name of each object, and its identity, generation, spec, owners and restarts."""
    return {
        (kind, each["metadata"]["name"]): _unchanging(each)
        for api_version, kind in _KINDS
        for each in kube.list(api_version, kind, namespace, labelSelector=APPLICATION_LABEL)
    }


def _unchanging(obj: Object) -> Object:
    metadata = {key: obj["metadata"].get(key) for key in ("uid", "generation", "labels", "ownerReferences")}
    states = obj.get("status", {}).get("containerStatuses", ())
    return metadata | {"spec": obj["spec"], "restarts": [state["restartCount"] for state in states]}


def paths(value: Any, at: str = "") -> set[str]:
    """The fields of a status; conditions by their type, other list items as one."""
    match value:
        case dict():
            return {path for key, inner in value.items() for path in paths(inner, f"{at}.{key}")} or {at}
        case list():
            return {path for each in value for path in paths(each, f"{at}[{_of(each)}]")}
        case _:
            return {at}


def _of(item: Any) -> str:
    return str(item.get("type", "")) if isinstance(item, dict) else ""
