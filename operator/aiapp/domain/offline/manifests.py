"""The first manifests of a package: its version, and the application that serves it. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import OBS

FIRST_VERSION: Final = "0.0.1"
LONGEST_NAME: Final = 53
_NUMBER: Final = re.compile(r"v?((0|[1-9][0-9]?)(\.(0|[1-9][0-9]?)){2})")
_MODEL: Final = "model"
"""The folder that holds a package of ModelArts, whose name says nothing."""
_OTHERS: Final = re.compile(r"[^a-z0-9]+")
_DISPLAYED: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnnamedError(ValueError):
    """Nothing in the place of a package says how the application is called."""


@dataclass(frozen=True, slots=True)
class Named:
    """How the version of a package is called."""

    application: str
    version: str
    display_name: str | None
    """What the application was called where that is no name in Kubernetes."""


def named(uri: str, application: str | None, version: str | None) -> Named:
    """By the last parts of the package's URI, `obs://models/mnist/1.0.0/model/`, but for what is given.

    Raises `UnnamedError` if that holds no name.
    """
    parts = [part for part in uri.partition("://")[2].split("/") if part]
    parts = parts[:-1] if parts and parts[-1] == _MODEL else parts
    number = _NUMBER.fullmatch(parts[-1]) if parts else None
    parts = parts[:-1] if number else parts
    found = application or (parts[-1] if parts else "")
    name = _OTHERS.sub("-", found.lower()).strip("-")[:LONGEST_NAME].rstrip("-").lstrip("-0123456789")
    if not name:
        raise UnnamedError(f"{uri!r} says no name of an application: give --application NAME")
    shown = found if found != name and _DISPLAYED.fullmatch(found) else None
    return Named(name, version or (number[1] if number else FIRST_VERSION), shown)


def first_manifests(
    name: Named, folder: Json, *, runtime: str | None, namespace: str | None, serves: bool
) -> list[Json]:
    """The version, then the application, for `kubectl apply`; `folder` is the package in its store."""
    shown = {"displayName": name.display_name} if name.display_name else {}
    served = {"serving": {"versions": [{"version": name.version, "replicas": 1}]}} if serves else {}
    version = {"application": name.application, "version": name.version, **shown, "source": {OBS: folder}}
    return [
        _object("AIApplicationVersion", f"{name.application}-{name.version}", namespace, version | _runtime(runtime)),
        _object("AIApplication", name.application, namespace, shown | served),
    ]


def _runtime(name: str | None) -> Json:
    return {"runtime": name} if name else {}


def _object(kind: str, name: str, namespace: str | None, spec: Json) -> Json:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
