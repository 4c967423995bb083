"""Puts our objects into the cluster and asks what serves them. Never looks behind the API."""

import json
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.kubectl import Kubectl

BATCH = 50
"""Pictures a request."""

ANSWER_SECONDS = 60

Answer = Mapping[str, Any]
Ask = Callable[[Path], Answer]
"""Posts the JSON in a file to an application; what it answers."""


def through_service(kubectl: Kubectl, application: str) -> Ask:
    """By way of the API server's proxy to the application's Service, which works from outside any cluster."""
    path = service_path(kubectl.namespace, application)

    def ask(body: Path) -> Answer:
        answer: Answer = json.loads(kubectl.quietly("create", "--raw", path, "-f", str(body)))
        return answer

    return ask


def service_path(namespace: str, application: str) -> str:
    """The API server's proxy to an application's Service."""
    return f"/api/v1/namespaces/{namespace}/services/{application}:http/proxy/"


def directly(url: str, body: Path) -> Answer:
    """To a process of this machine."""
    request = urllib.request.Request(url, body.read_bytes(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
        found: Answer = json.load(answer)
        return found


def predictions(ask: Ask, pictures: Sequence[Sequence[float]]) -> Iterator[Answer]:
    """The answers for all pictures, batch by batch."""
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, len(pictures), BATCH):
            body = Path(folder) / "pictures.json"
            body.write_text(json.dumps({"pictures": pictures[first : first + BATCH]}))
            yield ask(body)


def make_namespace(kubectl: Kubectl) -> None:
    """Make the namespace, unless it is there."""
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kubectl.namespace}}
    kubectl.within("default").quietly("apply", "--filename=-", stdin=json.dumps(wanted))
