"""What the pods of a runtime ask of a namespace that enforces the Pod Security Standards. Pure."""

from typing import Final, Literal

from aiapp.api.runtime import RuntimeSpec

Level = Literal["restricted", "baseline", "privileged"]
BASELINE_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
"""Capabilities that the level `baseline` lets containers add; `restricted` only NET_BIND_SERVICE."""
RESTRICTED_CAPABILITIES: Final = frozenset({"NET_BIND_SERVICE"})


def pod_security(runtime: RuntimeSpec) -> Level:
    """The strictest level that admits its pods, apart from what applications add to them."""
    server = runtime.server
    added = frozenset((server.capabilities if server else None) or ())
    mounts_host = server is not None and server.driver is not None and server.driver.origin == "HostPath"
    if mounts_host or not added <= BASELINE_CAPABILITIES:
        return "privileged"
    is_root = runtime.user is not None and runtime.user.uid == 0
    return "baseline" if is_root or not added <= RESTRICTED_CAPABILITIES else "restricted"
