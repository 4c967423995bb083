"""`python -m charts.manifests`: manifests/install and a sample, rendered from the chart by Helm."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from charts.generate import OPERATOR, ROOT
from charts.helm import helm

MANIFESTS: Final = Path("manifests")
HEAD: Final = "# Rendered from charts/aiapp-operator by `make charts`; do not edit.\n"
RELEASE: Final = "aiapp-operator"
NAMESPACE: Final = "aiapp-system"
VALUES: Final = (
    "crds.enabled=false",
    "admissionPolicies.restrictions.enabled=true",
    "admissionPolicies.refuseExec=true",
    "console.enabled=true",
)
"""The CRDs lie in crds/."""
FILES: Final = {
    "install/rbac.yaml": ("rbac/serviceaccount.yaml", "rbac/operator.yaml"),
    "install/users.yaml": ("rbac/users.yaml", "rbac/runtimes.yaml"),
    "install/protection.yaml": ("admission/served-versions.yaml", "admission/exeml.yaml"),
    "install/deployment.yaml": ("service.yaml", "deployment.yaml"),
    "console/console.yaml": ("console/serviceaccount.yaml", "console/service.yaml", "console/deployment.yaml"),
    "samples/admission-policy.yaml": ("admission/restrictions.yaml",),
    "samples/no-exec.yaml": ("admission/no-exec.yaml",),
}
"""Each file of manifests/, and the templates that are in it."""
LEFT_OUT: Final = ("tests/ready.yaml",)
"""Templates that only Helm has a use for."""
HELMS_OWN: Final = ("helm.sh/chart", "app.kubernetes.io/managed-by")
"""Labels that say how a release was made."""
_HELMS_OWN: Final = re.compile(rf"^ +({'|'.join(map(re.escape, HELMS_OWN))}): .*\n", re.MULTILINE)
_SOURCE: Final = re.compile(rf"# Source: {RELEASE}/templates/(\S+)\n")


def outputs() -> dict[Path, str]:
    """Path below the repository's root, and text, of every rendered file."""
    documents = list(_documents(_rendered()))
    known = {template for templates in FILES.values() for template in templates} | set(LEFT_OUT)
    assert {template for template, _ in documents} <= known, "a template has no place in manifests/"
    return {
        MANIFESTS / name: HEAD + "---\n".join(text for template, text in documents if template in templates)
        for name, templates in FILES.items()
    }


def _rendered() -> str:
    settings = (f"--set={value}" for value in VALUES)
    return helm("template", RELEASE, str(ROOT / OPERATOR), f"--namespace={NAMESPACE}", *settings)


def _documents(rendered: str) -> Iterator[tuple[str, str]]:
    """Template and text of every object, without what is Helm's own."""
    for document in rendered.split("---\n"):
        if source := _SOURCE.search(document):
            yield source[1], _HELMS_OWN.sub("", document.replace(source[0], ""))


def main() -> None:
    """Write the files."""
    for path, text in outputs().items():
        (ROOT / path).write_text(text)


if __name__ == "__main__":
    main()
