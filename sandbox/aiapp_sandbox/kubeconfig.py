"""Kubeconfig files that hold everything in themselves. Never reads or changes the user's own."""

from base64 import b64encode

import yaml

from aiapp_sandbox.certificates import KeyPair

CONTEXT = "aiapp-sandbox"


def kubeconfig(
    server: str, authority: bytes, *, pair: KeyPair | None = None, token: str = "", namespace: str = "default"
) -> str:
    """YAML text for one cluster and one user, who shows either a client certificate or a bearer token."""
    user: dict[str, str] = {"token": token}
    if pair:
        user = {
            "client-certificate-data": _base64(pair.certificate.read_bytes()),
            "client-key-data": _base64(pair.key.read_bytes()),
        }
    cluster = {"server": server, "certificate-authority-data": _base64(authority)}
    context = {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
        "contexts": [{"name": CONTEXT, "context": context}],
        "current-context": CONTEXT,
    }
    return yaml.safe_dump(config, sort_keys=False)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
