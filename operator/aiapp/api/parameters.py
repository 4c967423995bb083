"""What a server that a runtime brings is asked for beside a model: the same words for every engine. Types only."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from aiapp.api.meta import ATOMIC, ApiModel, Matches

Dtype = Literal["float16", "bfloat16", "float32"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
ServedName = Annotated[
    str,
    Field(max_length=128),
    Matches(
        "[A-Za-z0-9]([-._/A-Za-z0-9]*[A-Za-z0-9])?",
        "the name of a served model consists of letters, digits, '-', '_', '.' and '/', with a letter or digit at "
        "both ends",
    ),
]


class ServerParameters(ApiModel):
    """Parameters of a server that the runtime brings; what is unset is left to the runtime, then to the server."""

    served_name: ServedName | None = None
    """Name under which requests address the model. Default: the application's."""
    context_length: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    """Longest prompt and answer together, in tokens."""
    tensor_parallel_size: Annotated[int, Field(ge=1, le=64)] | None = None
    """NPUs over which each layer is split. Default: all NPUs of the pod."""
    dtype: Dtype | None = None
    """Number format to compute in."""
    extra_args: (
        Annotated[
            tuple[Annotated[str, Field(max_length=4096)], ...],
            Field(min_length=1, max_length=32, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """Arguments that follow those of the runtime, verbatim."""
