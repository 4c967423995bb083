"""How a registry is reached: what a user gives beside the image's name."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a registry, or a token that stands for one."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    """Exchanged for an access token at the registry's authority; then user and password are not used."""


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """For the images of one source."""

    logins: tuple[Login, ...] = ()
    """Tried in this order until one is not refused, as the kubelet does; none: anonymous."""
    authorities: str | None = field(default=None, repr=False)
    """Certificates (PEM) of the authorities that may vouch for the registry, beside those that are trusted anyway."""
    plain_http: bool = False
    """Whether the registry speaks http. Refused unless the operator's settings allow it."""
