"""What users are advised to do, in terms of the interface that they use: a manifest or the command line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """How users can fix a problem with an endpoint; what is not given is said to whoever wrote a manifest."""

    add_credentials: str
    """For anonymous access that was denied."""
    check_credentials: str
    """For credentials that were rejected."""
    trust_authority: str = "caBundleRef in the source names an authority to trust"
    """For a certificate of an unknown authority."""
    proxy: str = "the operator's proxy"
    """Names the proxy, for one that fails."""
    allow_http: str = "the operator must allow that first (AIAPP_ALLOW_HTTP)"
    """For an endpoint without TLS."""
    speak_http: str = "is its endpoint http?"
    """For an endpoint that is asked with TLS and has none."""
    allow_host: str = "refused, unless AIAPP_ALLOWED_HOSTS in the operator's settings allows it"
    """For a host that is not allowed."""
    allow_range: str = "refused, unless AIAPP_ALLOWED_RANGES in the operator's settings allows it"
    """For an address in a refused range."""
