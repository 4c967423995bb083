"""The operator's settings, read from `AIAPP_*` environment variables once. Never read anywhere else."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field is the environment variable `AIAPP_` + its name in upper case."""

    model_config = SettingsConfigDict(env_prefix="AIAPP_", frozen=True, use_attribute_docstrings=True, extra="forbid")

    image: Annotated[str, Field(min_length=1)] = "localhost/aiapp-operator:0.1.0"
    """The operator's own image: the init container that fetches models runs it."""
    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """Objects that are reconciled at the same time."""
    resync_seconds: Annotated[float, Field(ge=10)] = 600.0
    """Everything is listed and looked at again after this many seconds."""
    store_threads: Annotated[int, Field(ge=2, le=128)] = 8
    """Calls to object storage at the same time; one endpoint gets at most half of them."""
    store_connect_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    """Longest wait for a connection to object storage."""
    store_read_seconds: Annotated[float, Field(gt=0, le=60)] = 4.0
    """Longest silence of object storage while it answers."""
    max_objects: Annotated[int, Field(ge=1)] = 100_000
    """Objects that one model package may have."""
    max_bytes: Annotated[int, Field(ge=1)] = 1024**4
    """Bytes that one model package may have."""
    max_listing_bytes: Annotated[int, Field(ge=1, le=128 * 1024**2)] = 64 * 1024**2
    """Bytes that the names, ETags and version ids of one model package may have."""
    import_seconds: Annotated[float, Field(gt=0)] = 300.0
    """One look at a model package may take this long, listing included."""
    allow_http: bool = False
    """Whether object storage without TLS is accepted."""
    store_ca_bundle: str | None = None
    """File with the authorities that object storage is checked against, instead of the public ones."""
