"""Which host and path a bucket and its objects have. Import and fetch both ask here, so that they mean the same ones.

Never resolves a name or opens a connection.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from aiapp.domain.objectstore.location import Location

MAX_HOST_CHARACTERS: Final = 253
"""Of a name in DNS."""

_PORTS: Final = {"http": 80, "https": 443}
_UNRESERVED: Final = "-_.~"
_CLUSTER_DOMAINS: Final = (".svc", ".cluster.local")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_AWS_DOMAINS: Final = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
"""Of AWS's partitions, by how their regions begin."""
_AWS_DOMAIN: Final = "amazonaws.com"


class AddressError(ValueError):
    """An endpoint, region or bucket that no request can be sent to; says which and why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is asked for."""

    scheme: str
    hostname: str
    """What is connected to: the bucket included where it is named in the host. An IPv6 address without brackets."""
    port: int
    root: str
    """The bucket as the beginning of every path (`/bucket`); empty where it is named in the host."""
    store: str
    """`hostname` without the bucket: what an administrator's list of hosts is about."""

    @property
    def virtual(self) -> bool:
        """Whether the bucket is named in the host."""
        return not self.root

    @property
    def host(self) -> str:
        """As it stands in the header `Host`: with the port, unless it is the scheme's own."""
        name = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`: what outages and connections belong to."""
        return f"{self.scheme}://{self.host}"

    def target(self, key: str, query: Mapping[str, str]) -> str:
        """Path and query of an object, or of the bucket (`key` is empty), as they are sent and as they are signed."""
        path = quote(f"{self.root}/{key}" if key or not self.root else self.root, safe="/" + _UNRESERVED)
        pairs = sorted((quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for name, value in query.items())
        return f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}" if pairs else path


def address(where: Location) -> Address:
    """Of the bucket. Raises `AddressError`."""
    scheme, store, port = _endpoint(where)
    if not _in_host(where, scheme, store):
        return Address(scheme, store, port, f"/{where.bucket}", store)
    hostname = f"{where.bucket}.{store}"
    if not _is_name(hostname):
        raise AddressError(f"the bucket {where.bucket!r} cannot be part of a host name: set addressing: Path")
    return Address(scheme, hostname, port, "", store)


def aws_host(region: str) -> str:
    """The host of AWS S3 in a region, whichever partition that belongs to."""
    domain = next((domain for start, domain in _AWS_DOMAINS.items() if region.startswith(start)), _AWS_DOMAIN)
    return f"s3.{region}.{domain}"


def _endpoint(where: Location) -> tuple[str, str, int]:
    """Scheme, host and port."""
    endpoint = where.endpoint or f"https://{aws_host(where.region)}"
    try:
        parts = urlsplit(endpoint)
        hostname, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise AddressError(f"the endpoint {endpoint!r} is not http(s)://host[:port]") from error
    if parts.scheme not in _PORTS or port == 0 or not (_is_address(hostname) or _is_name(hostname)):
        raise AddressError(f"the endpoint {endpoint!r} is not http(s)://host[:port]")
    return parts.scheme, hostname, port or _PORTS[parts.scheme]


def _in_host(where: Location, scheme: str, store: str) -> bool:
    """Whether the bucket is named in the host. A certificate for `*.store` vouches for one label, not for several."""
    if where.addressing != "Auto":
        return where.addressing == "Virtual"
    if not _takes_bucket_labels(store) or (scheme == "https" and "." in where.bucket):
        return False
    return _is_name(f"{where.bucket}.{store}")


def _takes_bucket_labels(host: str) -> bool:
    """Whether `<bucket>.<host>` can be a name: not for addresses, single labels and Services of a cluster."""
    name = host.removesuffix(".")
    return "." in name and not name.endswith(_CLUSTER_DOMAINS) and not _is_address(name)


def _is_name(host: str) -> bool:
    """Not for addresses in old spellings (decimal, octal, shortened), which programs read in different ways."""
    labels = host.removesuffix(".").split(".")
    is_number = _NUMBER.fullmatch(labels[-1]) is not None
    return len(host) <= MAX_HOST_CHARACTERS and not is_number and all(map(_LABEL.fullmatch, labels))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
