"""Fields that hold one of several models, distinguished by `type`, in a schema that knows no alternatives."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from aiapp.api.meta import REQUIRED, RULES, ApiModel, rule


@dataclass(frozen=True, slots=True)
class ByType:
    """On a union of models that have a `type`: the schema has the fields of those `offered`, side by side.

    None of them is required by the schema itself: what a model requires is required by a rule where its type is set
    (or none is, for that of `default`). So another model can be added to a stored kind without breaking its readers.
    """

    default: str
    offered: tuple[type[ApiModel], ...]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        members = [handler.resolve_ref_schema(member) for member in handler(core)["anyOf"]]
        wanted = {model.__name__ for model in self.offered}
        return self._side_by_side([member for member in members if member["title"] in wanted])

    def _side_by_side(self, members: Iterable[JsonSchemaValue]) -> JsonSchemaValue:
        by_type = {str(member["properties"]["type"]["const"]): member for member in members}
        validations: list[dict[str, str]] = []
        properties: dict[str, Any] = {}
        for type_, member in by_type.items():
            properties |= member["properties"]
            validations += [*member.get(RULES, ()), self._required(type_, member["required"])]
        kinds = [member["properties"]["type"]["description"] for member in by_type.values()]
        type_field = {"type": "string", "enum": list(by_type), "default": self.default, "description": " ".join(kinds)}
        return {"type": "object", "properties": properties | {"type": type_field}, RULES: validations}

    def _required(self, type_: str, required: Iterable[str]) -> dict[str, str]:
        fields = [field for field in required if field != "type"]
        is_other = f"has(self.type) && self.type != '{type_}'"
        if type_ != self.default:
            is_other = f"!has(self.type) || self.type != '{type_}'"
        all_set = " && ".join(f"has(self.{field})" for field in fields)
        return rule(f"{is_other} || {all_set}", f"required where type is {type_}: {', '.join(fields)}", reason=REQUIRED)
