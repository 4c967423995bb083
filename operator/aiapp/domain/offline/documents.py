"""Our objects in a YAML file, checked as strictly as the API server does, as far as that needs no cluster.

Never looks at objects of other groups, and never at what only a cluster knows.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import yaml
from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.conditions import Reason
from aiapp.api.meta import GROUP, GROUP_VERSION, ApiModel
from aiapp.api.runtime import InferenceRuntime
from aiapp.api.strict import FieldPath, dotted, unknown_paths
from aiapp.api.template import InferenceTemplate
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.manifest_text import Reader
from aiapp.domain.runtimes.name import object_name
from aiapp.domain.templates.choice import template_faults
from aiapp.modelarts.diagnostics import Diagnostic, excerpt, nearest

MAX_BYTES: Final = 3 * 1024 * 1024
"""Of a file. The API server accepts no larger requests."""
MODELS: Final[Mapping[str, type[ApiModel]]] = {
    model.__name__: model for model in (AIApplication, AIApplicationVersion, InferenceRuntime, InferenceTemplate)
}

_MAX_VALUES: Final = 100_000
"""Of a document, aliases expanded."""
_Rule = Callable[[Mapping[str, Any]], str | None]


def check_documents(data: bytes, file: str) -> tuple[int, tuple[Diagnostic, ...]]:
    """How many objects of ours the file holds, and what is wrong with them; others are passed over."""
    if len(data) > MAX_BYTES:
        return 0, (_fault(file, f"it has {len(data)} bytes; at most {MAX_BYTES} are read"),)
    try:
        roots = list(yaml.compose_all(data, Loader=Reader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        return 0, (_not_yaml(error, file),)
    if any(_values(root, {}) > _MAX_VALUES for root in roots):
        return 0, (_fault(file, f"it has more than {_MAX_VALUES} values"),)
    ours = [root for root in roots if _group(root) == GROUP]
    return len(ours), tuple(diagnostic for root in ours for diagnostic in _checked(root, file))


def _checked(root: yaml.Node, file: str) -> Iterator[Diagnostic]:
    yield from _duplicates(root, file)
    try:
        document = Reader("").construct_document(root)
    except (yaml.YAMLError, ValueError) as error:
        yield _fault(file, str(error).partition("\n")[0], root)
        return
    for path, message in _faults(document):
        yield _fault(file, f"{dotted(path)}: {message}" if path else message, _node(root, path))


def _faults(document: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    kind = document.get("kind")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if document.get("apiVersion") != GROUP_VERSION:
        yield ("apiVersion",), f"{excerpt(document.get('apiVersion'))} is not {GROUP_VERSION}"
    elif model is None:
        yield ("kind",), f"{excerpt(kind)} is not one of {', '.join(MODELS)}"
    else:
        yield from _unknown(model, document)
        yield from _broken(model, document)


def _unknown(model: type[ApiModel], document: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    known = {str(alias) for one in _models(model) for alias in (field.alias for field in one.model_fields.values())}
    for path in unknown_paths(model, document):
        meant = nearest(str(path[-1]), known)
        yield path, f"unknown field{f': did you mean {meant}?' if meant else ''}"


def _models(model: type[ApiModel]) -> Iterator[type[ApiModel]]:
    """Those whose fields people misspell: the model's spec and what is in it."""
    waiting: list[Any] = [model]
    seen: set[type[ApiModel]] = set()
    while waiting:
        one = waiting.pop()
        waiting += [*getattr(one, "__args__", ())]
        if isinstance(one, type) and issubclass(one, ApiModel) and one not in seen:
            seen.add(one)
            waiting += [field.annotation for field in one.model_fields.values()]
            yield one


def _broken(model: type[ApiModel], document: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    try:
        parsed = model.model_validate(document)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            if found["type"] == "missing":
                yield found["loc"], "is missing"
            else:
                message = found["msg"].removeprefix("Value error, ")
                yield _existing(document, found["loc"]), f"{excerpt(found['input'])}: {message}"
        return
    misnamed = _NAMES[model.__name__](document)
    if misnamed is not None:
        yield ("metadata", "name"), misnamed
    if isinstance(parsed, InferenceTemplate):
        yield from ((("spec",), fault) for fault in template_faults(parsed.spec))


def _existing(value: Any, path: FieldPath) -> FieldPath:
    """`path` as far as it leads: pydantic appends which of several types it tried."""
    for length, key in enumerate(path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path


def _name(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _named(wanted: str, rule: str) -> _Rule:
    """The rule that metadata.name follows from the spec, which is checked before."""

    def broken(document: Mapping[str, Any]) -> str | None:
        expected = wanted.format(**document["spec"])
        return None if _name(document) == expected else f"{excerpt(_name(document))} must be {expected!r}: {rule}"

    return broken


def _runtime_named(document: Mapping[str, Any]) -> str | None:
    expected = object_name(document["spec"]["name"])
    rule = "spec.name in lower case with '-' for '_'"
    return None if _name(document) == expected else f"{excerpt(_name(document))} must be {expected!r}: {rule}"


_NAMES: Final[Mapping[str, _Rule]] = {
    "AIApplication": lambda document: None if _name(document) else "is missing",
    "AIApplicationVersion": _named("{application}-{version}", "<spec.application>-<spec.version>"),
    "InferenceRuntime": _runtime_named,
    "InferenceTemplate": lambda document: None if _name(document) else "is missing",
}


def _group(root: yaml.Node) -> str:
    """The API group of the object at `root`."""
    found = _member(root, "apiVersion")
    return str(found.value).partition("/")[0] if isinstance(found, yaml.ScalarNode) else ""


def _member(node: yaml.Node, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return node.value[key] if key < len(node.value) else None
    return None


def _node(root: yaml.Node, path: FieldPath) -> yaml.Node:
    """The node at `path`, or the nearest of its parents that exists."""
    for key in path:
        child = _member(root, key)
        if child is None:
            return root
        root = child
    return root


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values the node has when aliases are expanded; one that contains itself counts as too many."""
    if id(node) not in known:
        known[id(node)] = _MAX_VALUES + 1
        children = (
            [child for pair in node.value for child in pair] if isinstance(node, yaml.MappingNode) else node.value
        )
        known[id(node)] = 1 + sum(_values(one, known) for one in children if isinstance(one, yaml.Node))
    return known[id(node)]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _duplicates(root: yaml.Node, file: str) -> Iterator[Diagnostic]:
    """The API server refuses them, though YAML's readers take the last."""
    for node in _mappings(root):
        seen: set[str] = set()
        for name, _ in node.value:
            word = name.value if isinstance(name, yaml.ScalarNode) else ""
            if word in seen:
                yield _fault(file, f"the key {excerpt(word)} is there twice", name)
            seen.add(word)


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def _not_yaml(error: Exception, file: str) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not UTF-8, or nested too deeply"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Diagnostic("error", f"not YAML: {problem}", file, line=line, column=column, reason=Reason.SPEC_INVALID)


def _fault(file: str, message: str, at: yaml.Node | None = None) -> Diagnostic:
    line, column = (0, 0) if at is None else (at.start_mark.line + 1, at.start_mark.column + 1)
    return Diagnostic("error", message, file, line=line, column=column, reason=Reason.SPEC_INVALID)
