"""A small administrator's client for tests: raw JSON over the standard library, errors as the server words them."""

import json
import ssl
import urllib.error
import urllib.request
from base64 import b64decode
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlencode

import yaml
from tests.support.waiting import eventually

from aiapp_sandbox.no_proxy import opener

Object = dict[str, Any]

FIELD_MANAGER = "test"
TIMEOUT_SECONDS = 60


class ApiError(Exception):
    """The API server refused; `message` is what a person reads."""

    def __init__(self, status: int, body: Object) -> None:
        self.status = status
        self.reason = str(body.get("reason", ""))
        self.message = str(body.get("message", body))
        self.body = body
        super().__init__(f"{status} {self.reason}: {self.message}")


class Kube:
    """One user's view of one API server, by a kubeconfig with a client certificate or a token."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server: str = cluster["server"]
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        self.ssl_context = ssl.create_default_context(cadata=authority)
        self.headers = {"Accept": "application/json"}
        if "token" in user:
            self.headers["Authorization"] = f"Bearer {user['token']}"
        else:
            _load_certificate(self.ssl_context, user)
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", **query: Any
    ) -> Object:
        """One call; `path` starts at the server's root. ApiError for every answer from 400 on."""
        data = None if body is None else json.dumps(body).encode()
        found: Object = json.loads(self._answer(method, path, data, {"Content-Type": content_type}, query))
        return found

    def text(self, path: str, **query: Any) -> str:
        """What a path answers that has no JSON, as the log of a pod."""
        return self._answer("GET", path, None, {}, query).decode(errors="replace")

    def _answer(self, method: str, path: str, data: bytes | None, headers: dict[str, str], query: Object) -> bytes:
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(url, data=data, method=method, headers={**self.headers, **headers})
        try:
            with opener(self.ssl_context).open(request, timeout=TIMEOUT_SECONDS) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, _json(error.read())) from None

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """The path of a kind, or of one object when `name` is given."""
        plural, namespaced = self._resource(api_version, kind)
        parts = [_root(api_version)]
        if namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, plural, *([name] if name else [])])

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        """One object."""
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def find(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None when there is none."""
        try:
            return self.get(api_version, kind, name, namespace)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str | None = None, **query: Any) -> list[Object]:
        """The objects, each with its apiVersion and kind (`labelSelector`, `fieldSelector`, ... as query)."""
        answer = eventually(partial(self._listed, self.path(api_version, kind, namespace), query))
        return [{"apiVersion": api_version, "kind": kind, **item} for item in answer["items"]]

    def _listed(self, path: str, query: Object) -> Object:
        """A kind whose CRD has just changed is refused for a moment, until the server has made its storage anew."""
        try:
            return self.request("GET", path, **query)
        except ApiError as error:
            if error.status == 429:
                raise AssertionError(str(error)) from error
            raise

    def create(self, body: Object, namespace: str | None = None, **query: Any) -> Object:
        """Create it; unknown fields are refused unless `fieldValidation` says otherwise."""
        path = self.path(body["apiVersion"], body["kind"], _namespace(body, namespace))
        return self.request("POST", path, body, **{"fieldValidation": "Strict", "fieldManager": FIELD_MANAGER, **query})

    def apply(self, body: Object, namespace: str | None = None, *, subresource: str = "", **query: Any) -> Object:
        """Server-side apply; unknown fields are refused, conflicts are reported unless `force="true"`."""
        path = self._of(body, namespace) + (f"/{subresource}" if subresource else "")
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **query}
        return self.request("PATCH", path, body, content_type="application/apply-patch+yaml", **query)

    def patch(self, body: Object, changes: Any, *, subresource: str = "", **query: Any) -> Object:
        """Merge `changes` into the object that `body` names (a list is a JSON patch)."""
        kind = "json-patch" if isinstance(changes, list) else "merge-patch"
        path = self._of(body, None) + (f"/{subresource}" if subresource else "")
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **query}
        return self.request("PATCH", path, changes, content_type=f"application/{kind}+json", **query)

    def patch_status(self, body: Object, status: Object) -> Object:
        """Merge into the status of the object that `body` names."""
        return self.patch(body, {"status": status}, subresource="status")

    def delete(self, body: Object, **query: Any) -> Object:
        """Delete the object that `body` names."""
        return self.request("DELETE", self._of(body, None), **query)

    def _of(self, body: Object, namespace: str | None) -> str:
        return self.path(body["apiVersion"], body["kind"], _namespace(body, namespace), body["metadata"]["name"])

    def _resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        if (api_version, kind) not in self._plurals:
            for found in self.request("GET", _root(api_version))["resources"]:
                if "/" not in found["name"]:
                    self._plurals[api_version, found["kind"]] = (found["name"], found["namespaced"])
        return self._plurals[api_version, kind]


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _namespace(body: Object, namespace: str | None) -> str | None:
    return namespace or body["metadata"].get("namespace")


def _json(content: bytes) -> Object:
    try:
        found = json.loads(content)
    except ValueError:
        return {"message": content.decode(errors="replace")}
    return found if isinstance(found, dict) else {"message": str(found)}


def _load_certificate(context: ssl.SSLContext, user: dict[str, str]) -> None:
    with NamedTemporaryFile() as certificate, NamedTemporaryFile() as key:
        certificate.write(b64decode(user["client-certificate-data"]))
        key.write(b64decode(user["client-key-data"]))
        certificate.flush()
        key.flush()
        context.load_cert_chain(certificate.name, key.name)
