"""The few calls to the API server that make a node a member. Never uses anybody's kubeconfig."""

import json
import ssl
import urllib.request
from typing import Any
from urllib.error import HTTPError, URLError

from aiapp.sandbox.errors import SandboxError
from aiapp.sandbox.site import Site

SECONDS = 10
"""Bound for one call."""


class Administrator:
    """Speaks to a sandbox's API server with every right, as soon as it listens."""

    def __init__(self, site: Site) -> None:
        pair = site.authority.client("aiapp-sandbox-nodes", ("system:masters",))
        self._server = site.server
        self._context = ssl.create_default_context(cafile=str(site.authority.certificate))
        self._context.load_cert_chain(pair.certificate, pair.key)

    def get(self, path: str) -> dict[str, Any]:
        """The object at `path`; SandboxError when it is not there."""
        return self._call("GET", path)

    def create(self, collection: str, manifest: dict[str, Any]) -> None:
        """Create an object in the collection at that path."""
        self._call("POST", collection, manifest, "application/json")

    def merge(self, path: str, change: dict[str, Any]) -> None:
        """Merge `change` into the object at `path`."""
        self._call("PATCH", path, change, "application/merge-patch+json")

    def api_ready(self) -> bool:
        """Whether the API server answers and says that it is ready."""
        request = urllib.request.Request(f"{self._server}/readyz")  # noqa: S310 - our own https URL
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=self._context) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _call(self, method: str, path: str, body: object = None, content_type: str = "") -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if content_type else {}
        request = urllib.request.Request(  # noqa: S310 - our own https URL
            f"{self._server}{path}", data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=self._context) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except HTTPError as error:
            said = error.read().decode(errors="replace")
            raise SandboxError(f"{method} {path} was refused with {error.code}: {said}") from error
        except OSError as error:
            raise SandboxError(f"{method} {path} failed: {error}") from error
