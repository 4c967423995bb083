"""Names and labels of everything that is created. Pure text."""

from typing import Final

from aiapp.domain.resources import Json

MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "aiapp-operator"
APPLICATION_LABEL: Final = "aiapp.dev/application"
VERSION_LABEL: Final = "aiapp.dev/version"
APPLIED_ANNOTATION: Final = "aiapp.dev/applied"
"""Digest of what was applied: when it differs, something was added, changed or removed in what should exist."""


def workload(application: str, version: str) -> str:
    """Name of a served version's Deployment and Service; dots are illegal in a Service's name."""
    return f"{application}-{version.replace('.', '-')}"


def manifest_config_map(pin: str) -> str:
    """Name of the ConfigMap that holds the manifest: by content, so that equal pins share one."""
    return f"aiapp-manifest-{pin.removeprefix('sha256:')[:32]}"


def digest_config_map(pin: str) -> str:
    """Name of the ConfigMap that records the content digest of the manifest with that pin."""
    return f"{manifest_config_map(pin)}-digest"


def application_labels(application: str) -> Json:
    """Labels of what belongs to the application as a whole."""
    return {
        "app.kubernetes.io/name": application,
        "app.kubernetes.io/instance": application,
        "app.kubernetes.io/component": "inference",
        "app.kubernetes.io/part-of": application,
        MANAGED_BY_LABEL: MANAGED_BY,
        APPLICATION_LABEL: application,
    }


def version_labels(application: str, version: str) -> Json:
    """Labels of what belongs to one served version."""
    return application_labels(application) | {
        "app.kubernetes.io/instance": workload(application, version),
        "app.kubernetes.io/version": version,
        VERSION_LABEL: version,
    }


def application_selector(application: str) -> Json:
    return {APPLICATION_LABEL: application}


def version_selector(application: str, version: str) -> Json:
    return {APPLICATION_LABEL: application, VERSION_LABEL: version}


def owner(obj: Json, *, controller: bool) -> Json:
    """An owner reference to a custom resource, for example for a child's `metadata.ownerReferences`."""
    reference = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
    }
    return reference | {"controller": True, "blockOwnerDeletion": True} if controller else reference
