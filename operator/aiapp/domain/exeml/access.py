"""Where pods ask for tickets, and what an application may not add to a pod that gets some. Pure."""

import hashlib
from dataclasses import dataclass

from aiapp.api.serving import ServedVersion, Serving


@dataclass(frozen=True, slots=True)
class TicketAccess:
    """The operator's ticket server as pods reach it."""

    url: str
    """`https://host:port`."""
    authority: str
    """The certificate (PEM) of the authority that vouches for it: in the pod itself, where nobody can replace it."""
    allow_http: bool = False
    """Whether a store without TLS will do."""

    @property
    def fingerprint(self) -> str:
        """Another one makes other pods: what they trust stands in their template."""
        return hashlib.sha256(f"{self.url}\n{self.authority}".encode()).hexdigest()[:16]


class KnownTickets:
    """Where pods ask, as soon as that is known."""

    def __init__(self) -> None:
        self.access: TicketAccess | None = None


def forbidden(served: ServedVersion, serving: Serving) -> str | None:
    """The first field of an application by which its author's code could run beside the model; None: there is none.

    Environment variables name files that Python, the loader and shells execute; volumes bring such files along.
    """
    options = serving.pod
    found = {
        f"serving.versions[{served.version}].env": served.env,
        "serving.pod.envFrom": options.env_from if options else None,
        "serving.pod.claims": options.claims if options else None,
    }
    return next((name for name, value in found.items() if value), None)
