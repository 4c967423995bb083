"""Objects as the API server keeps them, read by this release: another one may have written what it does not know."""

from typing import TypeVar

from pydantic import ValidationError

from aiapp.api.meta import ApiModel
from aiapp.domain.kubernetes.resources import Json
from aiapp.queries.errors import QueryError

Model = TypeVar("Model", bound=ApiModel)


def read(model: type[Model], raw: Json) -> Model:
    """The object. Raises `QueryError` for one that breaks a rule of ours."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise broken(raw, error) from None


def broken(raw: Json, error: ValidationError) -> QueryError:
    """Which object breaks which rules."""
    said = "; ".join(str(one["msg"]) for one in error.errors(include_url=False))
    return QueryError(f"{raw['kind']} {raw['metadata']['name']} breaks a rule of the API: {said}")
