"""The user that the containers of a pod run as."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from aiapp.api.meta import User
from aiapp.domain.kubernetes.resources import Json


class PodUser(NamedTuple):
    """A user by numbers: Kubernetes can hold no name to be other than root."""

    uid: int
    gid: int | None
    """None: the primary group that the image gives to this user."""


DEVICE_USER: Final = PodUser(1000, 1000)
"""Owner of Ascend device nodes (uid and gid 1000, mode 0660), so the default."""
ROOT: Final = PodUser(0, None)
MAX_ID: Final = (1 << 31) - 1
"""The largest that Kubernetes takes."""


def security_context(user: PodUser, groups: Iterable[int] = ()) -> Json:
    """Of a pod. Volumes belong to a group of the user; the owner of devices is one of its groups."""
    others = [group for group in dict.fromkeys((DEVICE_USER.gid, *groups)) if group != user.gid]
    return {
        "runAsUser": user.uid,
        **({} if user.gid is None else {"runAsGroup": user.gid}),
        "runAsNonRoot": user.uid != 0,
        "fsGroup": user.uid if user.gid is None else user.gid,
        "seccompProfile": {"type": "RuntimeDefault"},
        **({"supplementalGroups": others} if others else {}),
    }


def image_user(declared: User | None, said: str | None) -> PodUser:
    """The user that an image of the user's own runs as: never root unless that is declared.

    `said` is the image's `user[:group]`. A name, and root, which is what images say by saying nothing, leave it to the
    default.
    """
    if declared is not None:
        return PodUser(declared.uid, declared.gid)
    own = own_user(said)
    return DEVICE_USER if own is None or own.uid == 0 else own


def own_user(said: str | None) -> PodUser | None:
    """The image's user by numbers; None: it is a name, behind which may be any number."""
    if not said:
        return ROOT
    user, _, group = said.partition(":")
    uid = _number(user)
    return None if uid is None else PodUser(uid, _number(group))


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) else None
    return None if number is None or number > MAX_ID else number
