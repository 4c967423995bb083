"""The reference pages, made from the CRDs and the enums. Never says anything that they do not."""

import ast
import inspect
import itertools
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from aiapp.api import conditions
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import GROUP_VERSION, RULES
from aiapp.api.schema import Schema, nodes
from aiapp.api.source import READY_CONDITIONS

MADE: Final = "<!-- Made from operator/aiapp/api by `make crds`; do not edit. -->"
_LIMITS: Final = (
    ("Length", "characters"),
    ("Items", "items"),
    ("Properties", "entries"),
)


def api_page(crds: Iterable[Mapping[str, Any]]) -> str:
    """Markdown: every field of every kind, its type, limits and meaning, and the rules the API server holds it to."""
    lines = [
        MADE,
        f"# API `{GROUP_VERSION}`",
        "",
        "What `kubectl explain` says, on one page. A field that is not marked *required* may be left out. Rules are",
        "checked by the API server when an object is created or changed; the text is the message that it answers with.",
    ]
    for crd in crds:
        lines += ["", *_kind(crd["spec"])]
    return "\n".join(lines) + "\n"


def conditions_page() -> str:
    """Markdown: every condition type and every reason, from the text beneath each in `conditions.py`."""
    lines = [
        MADE,
        "# Conditions and reasons",
        "",
        "Alerts, scripts and `kubectl wait` may rely on these words: none is ever renamed, new ones may be added.",
        "A change of `Ready` is a Kubernetes Event of the same reason too, and so it is when `RuntimeCompatible`,",
        "`RuntimeSupported`, `SourceUnchanged`, `NodesAvailable` or `TrafficSplit` becomes False, or True again.",
        "`status.events` of versions and applications remembers the last thirty of these, and the steps of an import",
        "and of a start, when Kubernetes has forgotten its own (`aiapp events`).",
        "",
        "## Condition types",
        "",
        *_linkable(_table(("Type", "Meaning"), _members(ConditionType))),
        "",
        "`Ready` of a version sums up these conditions, by the type of its source; they come to be True in this order.",
        "",
        *_table(("Source", "Conditions"), ((type_, ", ".join(found)) for type_, found in READY_CONDITIONS.items())),
    ]
    for group, reasons in _groups(Reason).items():
        lines += ["", f"## Reasons: {group.lower()}", "", *_linkable(_table(("Reason", "Meaning"), reasons))]
    return "\n".join(lines) + "\n"


def _kind(spec: Mapping[str, Any]) -> Iterator[str]:
    names, version = spec["names"], spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    yield f"## {names['kind']}"
    yield ""
    yield f"{schema['description']} {spec['scope']}; `kubectl get {names['plural']}`, short `{names['shortNames'][0]}`."
    yield from _rules(schema)
    if selectable := version.get("selectableFields"):
        fields = ", ".join(f"`{field['jsonPath'][1:]}`" for field in selectable)
        yield from ("", f"Fields for `--field-selector`: {fields}.")
    for path, node in nodes(schema):
        if path.startswith((".spec", ".status")) and "properties" in node:
            yield from _object(path, node)


def _object(path: str, node: Schema) -> Iterator[str]:
    yield from ("", f"### {path[1:]}", "", node["description"], "")
    required = node.get("required", [])
    rows = [
        (name, f"{_type(child)}, required" if name in required else _type(child), _meaning(child))
        for name, child in node["properties"].items()
    ]
    yield from _table(("Field", "Type", "Meaning"), rows)
    yield from _rules(node)


def _type(node: Schema) -> str:
    if "x-kubernetes-int-or-string" in node:
        return "quantity"
    match node:
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "object", "additionalProperties": values}:
            return f"map of {_type(values)}"
        case {"format": "date-time"}:
            return "time"
        case _:
            return str(node["type"])


def _meaning(node: Schema) -> str:
    return " ".join([node["description"], *_facts(node), *_messages(node)])


def _facts(node: Schema) -> Iterator[str]:
    if "enum" in node:
        yield f"One of {', '.join(f'`{value}`' for value in node['enum'])}."
    if "default" in node:
        yield f"Default `{node['default']}`."
    if "minimum" in node or "maximum" in node:
        yield f"{_range(node.get('minimum'), node.get('maximum'))}."
    for suffix, unit in _LIMITS:
        if f"max{suffix}" in node:
            yield f"{_range(node.get(f'min{suffix}'), node[f'max{suffix}'])} {unit}."


def _range(least: int | None, most: int | None) -> str:
    if least is None:
        return f"At most {most}"
    return f"At least {least}" if most is None else f"{least} to {most}"


def _messages(node: Schema) -> list[str]:
    """The rules of a value, listed at its field; those of an object stand below its own table."""
    inner = node.get("items") or node.get("additionalProperties") or {}
    own = [] if "properties" in node else node.get(RULES, [])
    of_items = [] if "properties" in inner else inner.get(RULES, [])
    return [f"Rule: *{rule['message']}*." for rule in [*own, *of_items]]


def _rules(node: Schema) -> Iterator[str]:
    if RULES in node:
        yield from ("", "Rules:", "")
        yield from (f"* {_escaped(rule['message'])}" for rule in node[RULES])


def _groups(enum: type[StrEnum]) -> dict[str, list[tuple[str, str]]]:
    """The members under the comment line that heads their group in the source."""
    lines = inspect.getsource(conditions).splitlines()
    texts = dict(_members(enum))
    groups: dict[str, list[tuple[str, str]]] = {}
    group = ""
    for statement in _body(enum):
        above = lines[statement.lineno - 2].strip()
        group = above.removeprefix("# ") if above.startswith("# ") else group
        if isinstance(statement, ast.Assign):
            value = ast.literal_eval(statement.value)
            groups.setdefault(group, []).append((value, texts[value]))
    return groups


def _members(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Each member's value with the docstring beneath it; raises `ValueError` where there is none."""
    texts = []
    for statement, below in zip(body := _body(enum), [*body[1:], None], strict=True):
        match statement, below:
            case ast.Assign(value=ast.Constant(value=str(value))), ast.Expr(value=ast.Constant(value=str(text))):
                texts.append((value, " ".join(text.split())))
            case ast.Assign(), _:
                raise ValueError(f"{enum.__name__}, line {statement.lineno}: no docstring beneath the member")
            case _:
                pass
    return texts


def _body(enum: type[StrEnum]) -> list[ast.stmt]:
    module = ast.parse(inspect.getsource(conditions))
    return next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == enum.__name__)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for first, *others in rows:
        cells = (f"`{first}`", *(_escaped(cell) for cell in others))
        yield f"| {' | '.join(cells)} |"


def _linkable(table: Iterable[str]) -> Iterator[str]:
    """The rows, each with its first word in lower case as the anchor that other pages link to."""
    yield from itertools.islice(table := iter(table), 2)
    for row in table:
        word = row.split("`")[1]
        yield row.replace("| ", f'| <a id="{word.lower()}"></a>', 1)


def _escaped(text: str) -> str:
    """Neither the end of a table's cell nor the start of an HTML tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")
