"""values.schema.json from the model of the values. Never states a rule of its own."""

import json
from typing import Any

from pydantic import BaseModel


def schema_file(model: type[BaseModel]) -> str:
    """The file's text: JSON Schema draft 7, which every Helm reads, without references."""
    raw = model.model_json_schema()
    plain = _inlined(raw, raw.get("$defs", {}))
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#"} | plain, indent=2) + "\n"


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    match node:
        case {"$ref": str(reference), **rest}:
            return _inlined(definitions[reference.rpartition("/")[2]] | rest, definitions)
        case {"properties": properties, **rest}:
            inlined = {name: _inlined(child, definitions) for name, child in properties.items()}
            return _inlined(rest, definitions) | {"properties": inlined}
        case dict():
            return {key: _inlined(value, definitions) for key, value in node.items() if key not in {"$defs", "title"}}
        case list():
            return [_inlined(item, definitions) for item in node]
        case _:
            return node
