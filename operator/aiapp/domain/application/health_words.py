"""What a container's health check asks for, as the reason why it is not ready."""

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.service import endpoint


def unanswered(template: Json) -> str:
    """What did not happen in a container of this template, as a sentence that goes on `within N s`."""
    container: Json = next(iter((template.get("spec") or {}).get("containers") or ()), {})
    check, port = container.get("readinessProbe") or {}, endpoint(template).port
    if "tcpSocket" in check:
        return f"nothing took a connection at port {port}"
    if "exec" in check:
        return "its health command did not succeed"
    path = (check.get("httpGet") or {}).get("path")
    return f"GET {path} at port {port} did not succeed" if path else "its health check did not succeed"
