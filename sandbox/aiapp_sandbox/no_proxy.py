"""Ways to a sandbox's own addresses that no proxy of the user's environment comes between. Opens nothing itself."""

import ssl
from collections.abc import Mapping
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, build_opener

NETWORKS = ("localhost", "127.0.0.0/8", "10.96.0.0/16", "10.192.0.0/10")
"""Loopback, service addresses, and the pool that the networks of real nodes are taken from."""


def opener(context: ssl.SSLContext) -> OpenerDirector:
    """Opens https URLs with `context`, always directly."""
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for programs of a sandbox: what proxies there are, they count for other addresses only."""
    excepted = [environ.get("no_proxy") or environ.get("NO_PROXY", ""), *NETWORKS]
    value = ",".join(part for part in excepted if part)
    return {**environ, "no_proxy": value, "NO_PROXY": value}
