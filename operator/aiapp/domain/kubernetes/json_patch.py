"""What a JSON patch (RFC 6902) makes of a document, without asking the API server. Pure."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from aiapp.domain.kubernetes.resources import Json


def patched(document: Json, patch: Sequence[Json]) -> Json:
    """A copy after the patch's `add`, `replace` and `remove`; its `test` and metadata.resourceVersion are for the API
    server alone. Raises KeyError, IndexError where a parent is absent.
    """
    result = deepcopy(document)
    for step in patch:
        path = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        if step["op"] != "test" and path != ["metadata", "resourceVersion"]:
            _carry_out(result, path, step)
    return result


def _carry_out(document: Json, path: Sequence[str], step: Json) -> None:
    parent: Any = document
    for part in path[:-1]:
        parent = parent[int(part) if isinstance(parent, list) else part]
    if isinstance(parent, list):
        _in_list(parent, path[-1], step)
    elif step["op"] == "remove":
        del parent[path[-1]]
    else:
        parent[path[-1]] = deepcopy(step["value"])


def _in_list(parent: list[Any], key: str, step: Json) -> None:
    if step["op"] == "add":
        parent.insert(len(parent) if key == "-" else int(key), deepcopy(step["value"]))
    elif step["op"] == "remove":
        del parent[int(key)]
    else:
        parent[int(key)] = deepcopy(step["value"])
