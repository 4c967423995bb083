"""How endpoints may be used, whatever protocol they speak."""

from dataclasses import dataclass

from aiapp.domain.objectstore.endpoint_policy import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.objectstore.proxies import NO_PROXIES, Proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """For all endpoints of one client."""

    connections: int = 8
    """Requests to one host at the same time."""
    connect_seconds: float = 3.0
    read_seconds: float = 4.0
    """Longest pause within a response."""
    request_seconds: float = 20.0
    """Deadline of one whole response."""
    attempts: int = 3
    """Per request, for transient problems."""
    allow_http: bool = False
    """Whether endpoints without TLS are accepted."""
    ca_bundle: str | None = None
    """File with the authorities to trust instead of the public ones."""
    policy: EndpointPolicy = DEFAULT_POLICY
    """Which hosts and addresses may be reached."""
    proxies: Proxies = NO_PROXIES
