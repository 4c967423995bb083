"""What may be deleted: no version that a service uses, no service by the way. Pure."""

from collections.abc import Collection

from aiapp.domain.kubernetes.resources import Json


class InUseError(ValueError):
    """The object is used; the text says by what, and what to do first."""


def require_unused(version: Json, application: Json | None, leaving: Collection[str]) -> None:
    """`application`: the one that the version belongs to; `leaving`: applications that are deleted before it.

    Raises `InUseError`.
    """
    name, spec = version["metadata"]["name"], version["spec"]
    owner = spec["application"]
    if application is None or owner in leaving:
        return
    wanted = ((application.get("spec") or {}).get("serving") or {}).get("versions") or ()
    serving = (application.get("status") or {}).get("traffic") or ()
    if spec["version"] in {one["version"] for one in wanted}:
        raise InUseError(f"version {name} is served by application {owner}: deploy others first (aiapp deploy {owner})")
    if spec["version"] in {one["version"] for one in serving}:
        raise InUseError(f"version {name} still has pods in application {owner}: wait until its rollout has ended")


def require_no_service(application: Json) -> None:
    """An application that serves nothing, or is stopped. Raises `InUseError`."""
    name, serving = application["metadata"]["name"], (application.get("spec") or {}).get("serving")
    if serving and not serving.get("stopped"):
        served = ", ".join(one["version"] for one in serving["versions"])
        raise InUseError(
            f"application {name} serves {served}: stop it first (aiapp stop {name}), or say --with-service"
        )
