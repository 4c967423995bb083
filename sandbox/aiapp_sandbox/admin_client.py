"""The few calls to a sandbox's API server that its own parts make. Never uses anybody's kubeconfig."""

import json
import ssl
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from aiapp_sandbox.context import ADMINISTRATOR, Context
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.no_proxy import opener

SECONDS = 30
"""Bound for one call, on a busy machine."""


class AdminClient:
    """Speaks to a sandbox's API server with every right, as soon as it listens; may be used by several threads."""

    def __init__(self, context: Context) -> None:
        pair = context.authority.client_files(ADMINISTRATOR)
        self._server = context.server
        tls = ssl.create_default_context(cafile=str(context.authority.certificate))
        tls.load_cert_chain(pair.certificate, pair.key)
        self._opener = opener(tls)

    def get(self, path: str) -> dict[str, Any]:
        """The object at `path`; SandboxError when it is not there."""
        return self._call("GET", path)

    def create(self, collection: str, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create an object in the collection at that path; the answer is the object as it was stored."""
        return self._call("POST", collection, manifest, "application/json")

    def merge(self, path: str, change: dict[str, Any]) -> None:
        """Merge `change` into the object at `path`."""
        self._call("PATCH", path, change, "application/merge-patch+json")

    def apply(self, path: str, manifest: dict[str, Any]) -> None:
        """Create the object at `path`, or make it so, whoever else has set fields of it."""
        self._call("PATCH", f"{path}?fieldManager=aiapp-sandbox&force=true", manifest, "application/apply-patch+yaml")

    def api_ready(self) -> bool:
        """Whether the API server answers and says that it is ready."""
        try:
            with self._opener.open(f"{self._server}/readyz", timeout=SECONDS) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _call(self, method: str, path: str, body: object = None, content_type: str = "") -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if content_type else {}
        request = Request(f"{self._server}{path}", data=data, headers=headers, method=method)  # noqa: S310 - our own
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except HTTPError as error:
            with error:
                raise SandboxError(f"{method} {path} was refused with {error.code}: {_message(error.read())}") from None
        except OSError as error:
            raise SandboxError(f"{method} {path} failed: {error}") from error


def _message(answer: bytes) -> str:
    """What the API server wants a person to read."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")
