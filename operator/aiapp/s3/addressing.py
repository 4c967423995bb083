"""Maps buckets and keys to hosts and paths, for import and fetch alike.

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
"""Limit of DNS."""

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
"""Domains of AWS's partitions, by prefix of their regions."""
_AWS_DOMAIN: Final = "amazonaws.com"


class AddressError(ValueError):
    """An invalid endpoint, region or bucket; the text names it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests for a bucket are sent."""

    scheme: str
    hostname: str
    """The host to connect to, including the bucket in virtual-hosted style. IPv6 addresses have no brackets."""
    port: int
    root: str
    """Prefix of every path: `/bucket` in path style, empty in virtual-hosted style."""
    store: str
    """The hostname without the bucket, which lists of allowed hosts refer to."""

    @property
    def virtual(self) -> bool:
        """True in virtual-hosted style."""
        return not self.root

    @property
    def host(self) -> str:
        """The value of the `Host` header: with the port unless it is the scheme's default."""
        name = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`."""
        return f"{self.scheme}://{self.host}"

    def target(self, key: str, query: Mapping[str, str]) -> str:
        """Returns the encoded path and query of an object, or of the bucket if `key` is empty."""
        path = quote(f"{self.root}/{key}" if key or not self.root else self.root, safe="/" + _UNRESERVED)
        pairs = sorted((quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for name, value in query.items())
        return f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}" if pairs else path


def address(location: Location) -> Address:
    """Returns the address of a location's bucket. Raises `AddressError`."""
    scheme, store, port = _endpoint(location)
    if not _in_host(location, scheme, store):
        return Address(scheme, store, port, f"/{location.bucket}", store)
    hostname = f"{location.bucket}.{store}"
    if not _is_name(hostname):
        raise AddressError(f"the bucket {location.bucket!r} cannot be part of a host name: set addressing: Path")
    return Address(scheme, hostname, port, "", store)


def aws_host(region: str) -> str:
    """Returns the host of AWS S3 in a region of any partition."""
    domain = next((domain for start, domain in _AWS_DOMAINS.items() if region.startswith(start)), _AWS_DOMAIN)
    return f"s3.{region}.{domain}"


def _endpoint(location: Location) -> tuple[str, str, int]:
    """Returns scheme, host and port."""
    endpoint = location.endpoint or f"https://{aws_host(location.region)}"
    try:
        parts = urlsplit(endpoint)
        hostname, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise AddressError(f"the endpoint {endpoint!r} is not http(s)://host[:port]") from error
    if parts.scheme not in _PORTS or port == 0 or not (_is_address(hostname) or _is_name(hostname)):
        raise AddressError(f"the endpoint {endpoint!r} is not http(s)://host[:port]")
    return parts.scheme, hostname, port or _PORTS[parts.scheme]


def _in_host(location: Location, scheme: str, store: str) -> bool:
    """Returns True for virtual-hosted style. A wildcard certificate covers one label, so not buckets with dots."""
    if location.addressing != "Auto":
        return location.addressing == "Virtual"
    if not _takes_bucket_labels(store) or (scheme == "https" and "." in location.bucket):
        return False
    return _is_name(f"{location.bucket}.{store}")


def _takes_bucket_labels(host: str) -> bool:
    """Returns False for hosts without wildcard DNS: addresses, single labels and Services of a cluster."""
    name = host.removesuffix(".")
    return "." in name and not name.endswith(_CLUSTER_DOMAINS) and not _is_address(name)


def _is_name(host: str) -> bool:
    """Returns False for legacy notations of addresses (decimal, octal), which programs interpret differently."""
    labels = host.removesuffix(".").split(".")
    is_number = _NUMBER.fullmatch(labels[-1]) is not None
    return len(host) <= MAX_HOST_CHARACTERS and not is_number and all(map(_LABEL.fullmatch, labels))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
