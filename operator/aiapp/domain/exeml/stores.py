"""The stores that ExeML projects write to, as the administrator names them. Their keys stay with the operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.api.meta import LocalReference
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.location import Addressing

PARENT: Final = ".."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStore:
    """A folder below which each namespace has one of its own, and how it is reached."""

    uri: str
    """`obs://bucket/path/`: the models of namespace N lie below `obs://bucket/path/N/`."""
    endpoint: str | None = None
    region: str | None = None
    addressing: Addressing = "Auto"
    secret: str | None = None
    """Secret of the operator's namespace with the keys; None: anonymous."""

    def below(self, namespace: str) -> str:
        """The folder of a namespace, with `/` at its end."""
        return f"{self.uri.rstrip('/')}/{namespace}/"

    def source(self, uri: str) -> ObsSource:
        """The folder `uri` of this store as something to import."""
        return ObsSource(
            uri=uri,
            endpoint=self.endpoint,
            region=self.region,
            addressing=self.addressing,
            credentials_secret_ref=LocalReference(name=self.secret) if self.secret else None,
        )


def store_for(stores: Mapping[str, ModelStore], namespace: str, uri: str) -> str | None:
    """Name of the store in whose folder for that namespace `uri` lies; None: in none.

    A job may only name what is its own namespace's: else whoever can make one would serve the models of others.
    """
    folder = _without_scheme(uri).rstrip("/") + "/"
    if PARENT in folder.split("/"):
        return None
    return next(
        (name for name, one in stores.items() if folder.startswith(_without_scheme(one.below(namespace)))), None
    )


def _without_scheme(uri: str) -> str:
    """obs:// and s3:// mean the same."""
    return uri.partition("://")[2]
