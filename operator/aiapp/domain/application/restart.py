"""Restarts on request: the last request stands on the pods themselves. Pure."""

from aiapp.api.meta import RESTART_AT
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord


def restart(application: ApplicationRecord, child: Json | None) -> str | None:
    """The request that the pods of a Deployment carry: the application's, else the last one they were restarted for.

    So a tool that drops the annotation from the application restarts nothing.
    """
    return application.request(RESTART_AT) or _last(child or {})


def _last(child: Json) -> str | None:
    metadata = child.get("spec", {}).get("template", {}).get("metadata") or {}
    found = (metadata.get("annotations") or {}).get(RESTART_AT)
    return None if found is None else str(found)
