"""The APIs that a model declares, as whoever asks it needs them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from aiapp.domain.kubernetes.resources import Json

JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "multipart/form-data"
BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_METHODS: Final = BODILESS | {"POST", "PUT", "PATCH"}
MOST_APIS: Final = 64
"""Of a description that a model answers; what comes after them is not offered."""
MOST_FIELDS: Final = 64
"""Of a form."""
_HEALTH: Final = "Whether predictions are answered"


class DeclaredApi(NamedTuple):
    """One API of a model."""

    method: str
    path: str
    content_type: str | None = None
    """Of requests; None where that is not declared."""
    files: tuple[str, ...] = ()
    """Fields of a form that are uploaded files."""
    fields: tuple[str, ...] = ()
    """The form's other fields."""

    @property
    def label(self) -> str:
        """Method and path, for messages: `POST /`."""
        return f"{self.method} {self.path}"


UNDECLARED: Final = DeclaredApi("POST", "/")
"""What a model answers that declares nothing."""


class NoSuchApiError(ValueError):
    """The model declares another API; the text says which."""


def in_status(version: Json) -> tuple[DeclaredApi, ...]:
    """Those in the status of an AIApplicationVersion, which has no schemas; none of a model that declares none."""
    declared = ((version.get("status") or {}).get("model") or {}).get("apis") or ()
    return tuple(DeclaredApi(one["method"], one["url"], one.get("requestContentType")) for one in declared)


def in_openapi(document: Mapping[str, Any]) -> tuple[DeclaredApi, ...]:
    """Those of an OpenAPI document, as the model server answers it; what is no such document has none."""
    return tuple(islice(_operations(_mapping(document.get("paths"))), MOST_APIS))


def chosen(apis: Sequence[DeclaredApi], path: str | None, method: str | None) -> DeclaredApi:
    """The first with that path and method; a path beyond all declared ones is asked as it is.

    Raises `NoSuchApiError` for a method that a declared path does not have.
    """
    if path is None:
        fitting = [one for one in apis if method in {None, one.method}]
        if apis and not fitting:
            raise NoSuchApiError(f"the model declares {_listed(apis)}: say which with --path")
        return fitting[0] if fitting else UNDECLARED._replace(method=method or UNDECLARED.method)
    there = [one for one in apis if one.path == path.partition("?")[0]]
    found = next((one for one in there if method in {None, one.method}), None)
    if there and found is None:
        raise NoSuchApiError(f"the model declares {_listed(there)}, not {method} {path}")
    return (found or DeclaredApi(method or UNDECLARED.method, path))._replace(path=path)


def _listed(apis: Sequence[DeclaredApi]) -> str:
    return ", ".join(one.label for one in apis)


def _operations(paths: Mapping[str, Any]) -> Iterator[DeclaredApi]:
    for path, operations in paths.items():
        for method, operation in _mapping(operations).items():
            is_operation = isinstance(operation, dict) and method.upper() in _METHODS
            if is_operation and operation.get("summary") != _HEALTH:
                yield _operation(path, method.upper(), operation)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> DeclaredApi:
    content = _mapping(_mapping(operation.get("requestBody")).get("content"))
    content_type = next(iter(content), None)
    schema = _mapping(_mapping(content.get(content_type or "")).get("schema"))
    members = dict(islice(_mapping(schema.get("properties")).items(), MOST_FIELDS))
    files = tuple(name for name, one in members.items() if _is_file(one))
    return DeclaredApi(method, path, content_type, files, tuple(name for name in members if name not in files))


def _mapping(found: Any) -> dict[str, Any]:
    """What is no object has no members: a model may answer anything."""
    return found if isinstance(found, dict) else {}


def _is_file(schema: Any) -> bool:
    """As OpenAPI 3.1 describes an upload, or 3.0."""
    if not isinstance(schema, dict):
        return False
    if schema.get("type") == "array":
        return _is_file(schema.get("items"))
    return "contentMediaType" in schema or schema.get("format") == "binary"
