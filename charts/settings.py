"""The operator's settings as values of the chart, made from `aiapp.settings`. Never states a setting of its own."""

from typing import Any, Final

from pydantic.alias_generators import to_camel

from aiapp.settings import Settings

ELSEWHERE: Final = frozenset(
    {"image", "pod", "namespace", "leader_election", "exeml_url", "https_proxy", "http_proxy", "no_proxy"}
)
"""Settings that the chart sets by itself, or that have a value of their own."""


def settings() -> dict[str, dict[str, Any]]:
    """Schema of each setting, by its name in the values."""
    fields = Settings.model_json_schema()["properties"]
    return {to_camel(name): _schema(field) for name, field in fields.items() if name.lower() not in ELSEWHERE}


def settings_schema() -> dict[str, Any]:
    """Schema of the value `settings`."""
    properties = {
        name: {key: value for key, value in schema.items() if key != "default"} for name, schema in settings().items()
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _schema(field: dict[str, Any]) -> dict[str, Any]:
    """Without null: an absent value is the default."""
    plain = {key: value for key, value in field.items() if key not in {"title", "anyOf"}}
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    return plain | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
