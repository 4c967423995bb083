"""Objects as the API server keeps them, read by this release: another one may have written what it does not know."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from aiapp.api.meta import ApiModel
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError

Model = TypeVar("Model", bound=ApiModel)
Result = TypeVar("Result")


async def versions_of(cluster: UserCluster, application: str) -> dict[str, Json]:
    """The versions of an application by their numbers. Raises `ApiError`."""
    page = await cluster.api.list(VERSIONS, namespace=cluster.namespace, fields=f"spec.application={application}")
    return {one["spec"]["version"]: one for one in page.items if one["spec"]["application"] == application}


def read(model: type[Model], raw: Json) -> Model:
    """The object. Raises `QueryError` for one that breaks a rule of ours."""
    return parsed(model.model_validate, raw)


def parsed(parse: Callable[[Json], Result], raw: Json) -> Result:
    """What `parse` makes of the object. Raises `QueryError`, which says which rules it breaks."""
    try:
        return parse(raw)
    except ValidationError as error:
        name = f"{raw['kind']} {raw['metadata']['name']}"
        raise QueryError(
            f"{name} breaks a rule of the API, or is of a newer release than this aiapp: {faults(error)}"
        ) from None
