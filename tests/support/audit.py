"""What the operator's account asked of an API server, by the server's audit log, beside what it may ask.

`python -m tests.support.audit FOLDER` judges the logs of a whole run that was made with `AUDIT_FOLDER=FOLDER`.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

from aiapp_sandbox import controlplane

RBAC: Final = Path(__file__).parents[2] / "manifests/install/rbac.yaml"
ACCOUNT: Final = "system:serviceaccount:aiapp-system:aiapp-operator"
POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata", "users": [ACCOUNT]}, {"level": "None"}],
}
DECISION: Final = "authorization.k8s.io/decision"


class Permission(NamedTuple):
    """One verb for one kind of object."""

    group: str
    resource: str
    """With the subresource, as rules name it."""
    verb: str


NOT_SEEN: Final = {
    **{
        Permission(group, resource, "create"): "the server asks for it when a server-side apply makes a new object"
        for group, resource in (
            ("apps", "deployments"),
            ("apps", "controllerrevisions"),
            ("", "services"),
            ("policy", "poddisruptionbudgets"),
            ("gateway.networking.k8s.io", "httproutes"),
            ("autoscaling", "horizontalpodautoscalers"),
        )
    },
    **{
        Permission("aiapp.dev", f"{kind}/finalizers", "update"): "asked for by an admission plugin that is off here"
        for kind in ("aiapplications", "aiapplicationversions")
    },
    Permission("", "pods", "get"): "a pod of the operator reads itself, and here it is a process",
}
"""Permissions that no request shows, and why they are needed all the same."""
SELDOM: Final = {
    Permission("aiapp.dev", kind, "get"): "read again when one changes while its status is written"
    for kind in ("inferenceruntimes", "inferencetemplates")
}
"""Permissions that a request shows only by chance."""
WITHHELD: Final = {
    Permission("trainer.kubeflow.org", "trainjobs", "list"): "a test of a kind that may not be read takes it away",
}
"""Requests that are refused on purpose."""


@contextmanager
def audit(log: Path) -> Iterator[None]:
    """API servers of sandboxes that are started meanwhile write there what the operator's account asks."""
    policy = log.with_suffix(".yaml")
    policy.write_text(json.dumps(POLICY))
    arguments = [f"--audit-policy-file={policy}", f"--audit-log-path={log}"]
    command = controlplane.apiserver_command
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controlplane, "apiserver_command", lambda *args: [*command(*args), *arguments])
        yield


def granted(manifest: Path = RBAC) -> frozenset[Permission]:
    """What the operator's ClusterRoles allow."""
    rules = (
        rule
        for document in yaml.safe_load_all(manifest.read_text())
        if document["kind"] in {"ClusterRole", "Role"}
        for rule in document["rules"]
    )
    return frozenset(
        Permission(group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


def requests(logs: Iterable[Path]) -> Iterator[tuple[Permission, bool]]:
    """Every request for an object, and whether it was allowed."""
    for log in logs:
        for event in map(json.loads, log.read_text().splitlines()):
            if "objectRef" in event:
                yield _permission(event), event["annotations"][DECISION] == "allow"


def _permission(event: dict[str, Any]) -> Permission:
    about = event["objectRef"]
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    return Permission(about.get("apiGroup", ""), resource, event["verb"])


def complaints(logs: Iterable[Path]) -> list[str]:
    """What was refused, and what was never needed."""
    asked = set(requests(logs))
    refused = [f"refused: {one}" for one, allowed in sorted(asked) if not allowed and one not in WITHHELD]
    used = {one for one, allowed in asked if allowed}
    unused = [f"never used: {one}" for one in sorted(granted() - used - NOT_SEEN.keys() - SELDOM.keys())]
    needless = [f"used, so no exception: {one}" for one in sorted(used & NOT_SEEN.keys())]
    return [*refused, *unused, *needless]


def main(folder: str) -> None:
    """Exit code 1 for complaints."""
    found = complaints(Path(folder).glob("*.log"))
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main(sys.argv[1])
