"""What the CRDs hold, beyond what the API server itself insists on."""

from typing import Any

import pytest

from aiapp.api import crd
from aiapp.api.meta import REQUIRED, RULES
from aiapp.api.schema import Schema, nodes

KINDS = [pytest.param(kind, id=kind.name) for kind in crd.KINDS]
FORBIDDEN = {
    "$ref",
    "$defs",
    "allOf",
    "anyOf",
    "const",
    "not",
    "nullable",
    "oneOf",
    "title",
    "x-kubernetes-preserve-unknown-fields",
}
BOUNDED_BY = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}


def is_bounded(node: Schema) -> bool:
    if node.get("enum") or node.get("format") == "date-time" or "properties" in node:
        return True
    kind = "string" if "x-kubernetes-int-or-string" in node else node["type"]
    return kind not in BOUNDED_BY or BOUNDED_BY[kind] in node


@pytest.mark.parametrize("kind", KINDS)
def test_every_node_of_a_schema_has_a_type(kind: crd.Kind) -> None:
    typed = {path: "type" in node or "x-kubernetes-int-or-string" in node for path, node in nodes(crd.schema(kind))}
    assert [path for path, is_typed in typed.items() if not is_typed] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_node_has_a_keyword_that_structural_schemas_lack_or_we_forbid(kind: crd.Kind) -> None:
    assert [path for path, node in nodes(crd.schema(kind)) if FORBIDDEN & set(node)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_list_and_map_is_bounded(kind: crd.Kind) -> None:
    unbounded = {path for path, node in nodes(crd.schema(kind)) if not is_bounded(node)}
    assert unbounded == {".apiVersion", ".kind"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_in_one_line(kind: crd.Kind) -> None:
    fields = {
        f"{path}.{name}": child
        for path, node in nodes(crd.schema(kind))
        for name, child in node.get("properties", {}).items()
        if f"{path}.{name}" != ".metadata"
    }
    texts = {path: node.get("description", "") for path, node in fields.items()}
    assert [path for path, text in texts.items() if not text or "\n" in text or not text.endswith(".")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_says_how_two_field_managers_share_it(kind: crd.Kind) -> None:
    lists = [(path, node) for path, node in nodes(crd.schema(kind)) if node.get("type") == "array"]
    assert [path for path, node in lists if "x-kubernetes-list-type" not in node] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_has_a_message_and_a_reason(kind: crd.Kind) -> None:
    rules = [rule for _, node in nodes(crd.schema(kind)) for rule in node.get(RULES, [])]
    assert rules
    assert all(rule["message"] and rule["reason"].startswith("FieldValue") for rule in rules)


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_has_only_rules_of_transitions_and_of_what_is_required_and_one_default(
    kind: crd.Kind,
) -> None:
    status = crd.schema(kind)["properties"]["status"]
    assert [path for path, node in nodes(status) if "default" in node] == [""]
    rules = [rule for _, node in nodes(status) for rule in node.get(RULES, [])]
    assert [rule for rule in rules if "oldSelf" not in rule["rule"] and rule["reason"] != REQUIRED] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_crd_carries_the_revision_of_its_schema(kind: crd.Kind) -> None:
    assert crd.crd(kind)["metadata"]["annotations"] == {"aiapp.dev/schema-revision": str(crd.REVISION)}


@pytest.mark.parametrize("kind", KINDS)
def test_no_list_item_has_a_default_that_the_applied_file_lacks(kind: crd.Kind) -> None:
    spec = crd.schema(kind)["properties"]["spec"]
    assert [path for path, node in nodes(spec) if "[]" in path and "default" in node] == []


def names(kind: crd.Kind) -> dict[str, Any]:
    found: dict[str, Any] = crd.crd(kind)["spec"]["names"]
    return found


def test_the_names_are_the_documented_ones() -> None:
    assert {kind.crd_name: names(kind)["shortNames"] for kind in crd.KINDS} == {
        "aiapplications.aiapp.dev": ["aiapp", "aiapps"],
        "aiapplicationversions.aiapp.dev": ["aiappv"],
        "inferenceruntimes.aiapp.dev": ["infrt"],
        "inferencetemplates.aiapp.dev": ["inftpl"],
    }


def test_the_hash_ignores_words_but_not_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def hash_with(**changes: Any) -> str:
        monkeypatch.setattr(crd, "schema", lambda kind: {"type": "object", **changes})
        return crd.schema_hash()

    plain = hash_with()
    assert hash_with(description="Words.") == plain
    ruled = hash_with(**{RULES: [{"rule": "true", "message": "a"}]})
    assert ruled != plain
    assert hash_with(**{RULES: [{"rule": "true", "message": "b"}]}) == ruled
