"""Maps buckets and keys to hosts and paths, for import and fetch alike.

Never resolves a name or opens a connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiapp.domain.objectstore.location import Location
from aiapp.endpoints.endpoint import Endpoint, EndpointFormError, endpoint, is_address, is_name

_UNRESERVED: Final = "-_.~"
_CLUSTER_DOMAINS: Final = (".svc", ".cluster.local")
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
class Address(Endpoint):
    """Where requests for a bucket are sent. In virtual-hosted style the hostname includes the bucket."""

    root: str
    """Prefix of every path: `/bucket` in path style, empty in virtual-hosted style."""
    store: str
    """The hostname without the bucket, which lists of allowed hosts refer to."""

    @property
    def virtual(self) -> bool:
        """True in virtual-hosted style."""
        return not self.root

    def target(self, key: str, query: Mapping[str, str]) -> str:
        """Returns the encoded path and query of an object, or of the bucket if `key` is empty."""
        path = quote(f"{self.root}/{key}" if key or not self.root else self.root, safe="/" + _UNRESERVED)
        pairs = sorted((quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for name, value in query.items())
        return f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}" if pairs else path


def address(location: Location) -> Address:
    """Returns the address of a location's bucket. Raises `AddressError`."""
    asked = _endpoint(location)
    scheme, store, port = asked.scheme, asked.hostname, asked.port
    if not _in_host(location, scheme, store):
        return Address(scheme, store, port, f"/{location.bucket}", store)
    hostname = f"{location.bucket}.{store}"
    if not is_name(hostname):
        raise AddressError(f"the bucket {location.bucket!r} cannot be part of a host name: set addressing: Path")
    return Address(scheme, hostname, port, "", store)


def aws_host(region: str) -> str:
    """Returns the host of AWS S3 in a region of any partition."""
    domain = next((domain for start, domain in _AWS_DOMAINS.items() if region.startswith(start)), _AWS_DOMAIN)
    return f"s3.{region}.{domain}"


def _endpoint(location: Location) -> Endpoint:
    url = location.endpoint or f"https://{aws_host(location.region)}"
    try:
        return endpoint(url)
    except EndpointFormError as error:
        raise AddressError(f"the endpoint {url!r} is not http(s)://host[:port]") from error


def _in_host(location: Location, scheme: str, store: str) -> bool:
    """Returns True for virtual-hosted style. A wildcard certificate covers one label, so not buckets with dots."""
    if location.addressing != "Auto":
        return location.addressing == "Virtual"
    if not _takes_bucket_labels(store) or (scheme == "https" and "." in location.bucket):
        return False
    return is_name(f"{location.bucket}.{store}")


def _takes_bucket_labels(host: str) -> bool:
    """Returns False for hosts without wildcard DNS: addresses, single labels and Services of a cluster."""
    name = host.removesuffix(".")
    return "." in name and not name.endswith(_CLUSTER_DOMAINS) and not is_address(name)
