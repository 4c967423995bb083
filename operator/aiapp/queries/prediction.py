"""One prediction, asked through the API server with the rights of the user."""

import json
from dataclasses import dataclass, field
from typing import Final

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, workload
from aiapp.domain.kubernetes.resources import APPLICATIONS, SERVICES, VERSIONS, Json
from aiapp.domain.prediction.answer import api_server_status, failure, refused, unreached
from aiapp.domain.prediction.apis import (
    FORM_TYPE,
    UNDECLARED,
    DeclaredApi,
    NoSuchApiError,
    chosen,
    in_openapi,
    in_status,
)
from aiapp.domain.prediction.body import Input, InvalidInputError, body
from aiapp.ports.kubernetes import ApiError, ProxiedRequest, ProxiedResponse
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import existing

OPENAPI_PATH = "/openapi.json"
DESCRIPTION_BYTES: Final = 1024**2
"""A longer description is taken for none: read as JSON it may take thirty times as much memory."""
DESCRIPTION_SECONDS: Final = 5.0
"""Longest wait for it: a model that is busy is asked by what its version declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRequest:
    """A prediction that is asked for."""

    application: str
    version: str | None = None
    """Its number; None: whatever the application's Service leads to."""
    given: Input = field(default_factory=Input)
    path: str | None = None
    """None: that of the first declared API."""
    method: str | None = None
    seconds: float = 60.0
    """Longest wait for the answer."""


async def predict(cluster: UserCluster, question: PredictionRequest, boundary: str) -> ProxiedResponse:
    """The answer of the model, of a status below 300; `boundary` is for a form. Raises `ApiError`, `QueryError`."""
    application = await existing(cluster, APPLICATIONS, question.application)
    service = await _service(cluster, question)
    api = await declared(cluster, application, question, service)
    try:
        sent = body(api, question.given, boundary)
    except InvalidInputError as error:
        raise QueryError(str(error)) from error
    headers = {} if sent.content_type is None else {"Content-Type": sent.content_type}
    request = ProxiedRequest(api.method, api.path, sent.content, headers, question.seconds)
    return _answered(await cluster.proxied(service, request), api, application, cluster.namespace)


async def apis(cluster: UserCluster, question: PredictionRequest) -> tuple[DeclaredApi, ...]:
    """What the model that is asked declares, at least one: by its own description, else by its version's status.

    Raises `ApiError`, `QueryError`.
    """
    application = await existing(cluster, APPLICATIONS, question.application)
    number = question.version or _most_served(application)
    version = None if number is None else await cluster.find(VERSIONS, f"{question.application}-{number}")
    try:
        described = in_openapi(await _description(cluster, await _service(cluster, question)))
    except (ApiError, QueryError):
        described = ()  # nobody is ready, or the user may not ask
    return described or in_status(version or {}) or (UNDECLARED,)


async def declared(cluster: UserCluster, application: Json, question: PredictionRequest, service: str) -> DeclaredApi:
    """The API that is asked: from the version's status; the fields of a form from the model's own description.

    Raises `ApiError`, `QueryError`.
    """
    number = question.version or _most_served(application)
    name = f"{question.application}-{number}"
    version = None if number is None else await cluster.find(VERSIONS, name)
    try:
        api = chosen(in_status(version or {}), question.path, question.method)
        if api.content_type != FORM_TYPE or question.given.file is None:
            return api
        described = in_openapi(await _description(cluster, service))
        return chosen(described, question.path, question.method) if described else api
    except NoSuchApiError as error:
        raise QueryError(str(error)) from error


async def _service(cluster: UserCluster, question: PredictionRequest) -> str:
    """The Service as the API server's proxy takes it. Raises `ApiError`, `QueryError`."""
    name = question.application if question.version is None else workload(question.application, question.version)
    service = await cluster.find(SERVICES, name)
    if service is None:
        subject = question.application if question.version is None else f"version {question.version}"
        raise QueryError(f"{subject} is not served: there is no Service {name} in namespace {cluster.namespace}")
    ports = [port for port in service["spec"].get("ports") or () if "name" in port]
    if not ports or (service["metadata"].get("labels") or {}).get(APPLICATION_LABEL) != question.application:
        raise QueryError(
            f"Service {name} in namespace {cluster.namespace} is not the one of {question.application}, which needs "
            f"that name (aiapp get {question.application}): delete or rename it"
        )
    port = ports[-1 if question.version else 0]
    scheme = "https:" if port.get("appProtocol") == "https" else ""
    return f"{scheme}{name}:{port['name']}"


def _most_served(application: Json) -> str | None:
    """The version with most traffic."""
    traffic = (application.get("status") or {}).get("traffic") or ()
    found = max(traffic, key=lambda one: int(one["actualWeight"]), default=None)
    return None if found is None else str(found["version"])


async def _description(cluster: UserCluster, service: str) -> Json:
    """The OpenAPI document that a model answers; empty where it has none."""
    answer = await cluster.proxied(service, ProxiedRequest("GET", OPENAPI_PATH, seconds=DESCRIPTION_SECONDS))
    if answer.status != 200 or len(answer.body) > DESCRIPTION_BYTES:
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _answered(answer: ProxiedResponse, api: DeclaredApi, application: Json, namespace: str) -> ProxiedResponse:
    if 200 <= answer.status < 300:
        return answer
    if (status := api_server_status(answer.status, answer.body)) is not None:
        raise QueryError(refused(status, api.method, namespace) or unreached(status, application))
    raise QueryError(failure(answer.status, answer.body))
