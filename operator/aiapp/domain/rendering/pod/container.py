"""What the containers of a pod share: paths, and what none of the init containers may do."""

from typing import Final

from aiapp.domain.kubernetes.resources import Json

PACKAGE_PATH: Final = "/home/mind/model"
"""Where the vendor's serving images keep the package; packages hard-code it."""
TMP_PATH: Final = "/tmp"  # noqa: S108 - the pod's own
DROPPED: Final[Json] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RESTRICTED: Final[Json] = DROPPED | {"readOnlyRootFilesystem": True}


def literal(text: str) -> str:
    """An argument or the value of a variable that the kubelet passes on as this very text.

    It puts variables in the place of `$(NAME)`, and `$` in that of `$$`. The author of a package is no author of pods:
    he may not name variables there, which may be secrets.
    """
    return text.replace("$", "$$")


def mount(name: str, path: str, *, read_only: bool = False) -> Json:
    """The mount of a volume of the pod."""
    return {"name": name, "mountPath": path} | ({"readOnly": True} if read_only else {})
