"""What a request to the API server consists of: path, parameters, body and what may come back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.ports.kubernetes import FIELD_MANAGER, ApiError, LogPart

PAGE_BYTES: Final = 8 * 1024**2
OBJECT_BYTES: Final = 16 * 1024**2
"""One object, or one event of a watch: etcd takes 1.5 MiB, which can be several times as long in JSON."""

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
METADATA: Final = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
APPLY_PATCH: Final = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call; `resource` is for metrics, `most_bytes` for what an answer may have."""

    method: str
    resource: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON
    most_bytes: int = OBJECT_BYTES


class AnswerTooLongError(ApiError):
    """The answer has more bytes than the request allows."""

    def __init__(self, request: Request) -> None:
        message = f"{request.method} {request.path}: an answer of more than {request.most_bytes} bytes"
        super().__init__(413, "AnswerTooLong", message)


def dry(run: bool) -> dict[str, str]:  # noqa: FBT001 - named at each call
    """Parameters by which the API server only says whether it would take a write."""
    return {"dryRun": "All"} if run else {}


def log_params(part: LogPart) -> dict[str, str]:
    """Parameters of a part of a log; those that are the default are left out."""
    numbers = {"tailLines": part.tail, "sinceSeconds": part.since_seconds}
    flags = {"previous": part.previous, "timestamps": part.timestamps, "follow": part.follow}
    given = {name: str(number) for name, number in numbers.items() if number is not None}
    return given | {name: "true" for name, flag in flags.items() if flag}


def selectors(labels: str, fields: str) -> dict[str, str]:
    """Parameters that narrow a list or a watch; empty ones are left out."""
    return {name: value for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}


def page_request(resource: Resource, namespace: str | None, params: Mapping[str, str], limit: int) -> Request:
    """For one page; a page of one object may be as long as an object."""
    return Request(
        method="GET",
        resource=resource.plural,
        path=resource.path(namespace),
        params={"limit": str(limit), **params},
        accept=METADATA_LIST if resource.metadata_only else JSON,
        most_bytes=PAGE_BYTES if limit > 1 else OBJECT_BYTES,
    )


def write(method: str, resource: str, path: str, body: Json | list[Json], content_type: str = JSON) -> Request:
    """A write as the operator; who writes as another replaces `params`."""
    return Request(
        method=method,
        resource=resource,
        path=path,
        params={"fieldManager": FIELD_MANAGER},
        body=orjson.dumps(body),
        content_type=content_type,
    )


def request_headers(request: Request) -> Mapping[str, str]:
    """What is sent and what is understood."""
    content = {} if request.body is None else {"Content-Type": request.content_type}
    return {"Accept": request.accept, **content}
