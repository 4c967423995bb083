"""Where a package lies: bucket, prefix and the manner of address, from what a user writes.

Never resolves a name or opens a connection.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

Addressing = Literal["Auto", "Path", "Virtual"]
DEFAULT_REGION: Final = "us-east-1"
"""Stores without regions accept it in signatures."""


URI: Final = re.compile(r"(obs|s3)://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?")
URI_FORM: Final = (
    "obs://bucket/path/ or s3://bucket/path/, the bucket 3 to 63 lower-case letters, digits, '-' and '.', no spaces"
)


class Folder(Protocol):
    """What names a folder: `source.obs` of a version, or the fetcher's arguments (which start without the models)."""

    @property
    def uri(self) -> str: ...
    @property
    def endpoint(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def addressing(self) -> Addressing: ...


@dataclass(frozen=True, slots=True)
class Location:
    """A folder in object storage. `prefix` is empty or ends in `/`, so that `mnist` never matches `mnist2/`."""

    bucket: str
    prefix: str
    endpoint: str | None = None
    """`http(s)://host[:port]`; None: AWS S3 of the region."""
    region: str = DEFAULT_REGION
    addressing: Addressing = "Auto"
    scheme: str = "obs"
    """`obs` or `s3`, which mean the same; kept so that people read what they wrote."""
    authorities: str | None = field(default=None, repr=False)
    """Certificates (PEM) of the authorities that may vouch for the store, beside those that are trusted anyway."""

    @property
    def uri(self) -> str:
        """The folder as `obs://bucket/prefix/`."""
        return f"{self.scheme}://{self.bucket}/{self.prefix}"

    @property
    def host(self) -> str:
        """The store as people should see it in messages: host and port, nothing else."""
        if self.endpoint is None:
            return f"the S3 store of region {self.region}"
        return self.endpoint.partition("://")[2].rstrip("/")


def location(source: Folder) -> Location:
    """The folder that a source names; `obs://` and `s3://` mean the same."""
    scheme, _, rest = source.uri.partition("://")
    bucket = rest.partition("/")[0]
    return Location(
        bucket, prefix_of(source.uri), source.endpoint, source.region or DEFAULT_REGION, source.addressing, scheme
    )


def prefix_of(uri: str) -> str:
    """The prefix of keys that the URI of a folder stands for: empty, or with `/` at its end."""
    path = uri.partition("://")[2].partition("/")[2].rstrip("/")
    return f"{path}/" if path else ""
