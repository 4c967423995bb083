"""Where a package lies: bucket, prefix and the manner of address, from what a user writes.

Never resolves a name or opens a connection.
"""

import ipaddress
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from urllib.parse import urlsplit

Addressing = Literal["Auto", "Path", "Virtual"]
DEFAULT_REGION: Final = "us-east-1"
"""Stores without regions accept it in signatures."""

_CLUSTER_DOMAINS: Final = (".svc", ".cluster.local")


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
        return f"the S3 store of region {self.region}" if self.endpoint is None else urlsplit(self.endpoint).netloc

    @property
    def hostname(self) -> str:
        """The name or address in the endpoint, in lower case, without port; an IPv6 address without brackets."""
        if self.endpoint is None:
            return f"s3.{self.region}.amazonaws.com"
        return (urlsplit(self.endpoint).hostname or "").lower()

    @property
    def path_style(self) -> bool:
        """Whether the bucket is named in the path of requests rather than in the host."""
        if self.addressing != "Auto":
            return self.addressing == "Path"
        return self.endpoint is not None and not _takes_bucket_labels(urlsplit(self.endpoint).hostname or "")


def location(source: Folder) -> Location:
    """The folder that a source names; `obs://` and `s3://` mean the same."""
    scheme, _, rest = source.uri.partition("://")
    bucket, _, path = rest.partition("/")
    prefix = f"{path.rstrip('/')}/" if path.rstrip("/") else ""
    return Location(bucket, prefix, source.endpoint, source.region or DEFAULT_REGION, source.addressing, scheme)


def _takes_bucket_labels(host: str) -> bool:
    """Whether `<bucket>.<host>` can be a name: not for addresses, single labels and Services of a cluster."""
    if "." not in host.strip(".") or host.endswith(_CLUSTER_DOMAINS):
        return False
    return not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
