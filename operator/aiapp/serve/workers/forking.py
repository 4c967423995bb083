"""Several workers from one loaded model: a process that has loaded it and copies itself on request, where that is safe.

The copies share its memory until they write. It never serves a prediction itself.
"""

from __future__ import annotations

import array
import os
import socket
import struct
import sys
import threading
from typing import Callable, Container, Optional

UNSAFE_LIBRARIES = (
    "acl",
    "cupy",
    "cv2",
    "grpc",
    "jax",
    "lightgbm",
    "mindspore",
    "mxnet",
    "numba",
    "onnxruntime",
    "paddle",
    "tensorflow",
    "torch",
    "xgboost",
)
"""They may hold devices, or thread pools that a copy would wait for in vain."""
FORK_SECONDS = 10.0
_PID = struct.Struct("!i")
_SUBREAPER = 36
"""`PR_SET_CHILD_SUBREAPER` of linux/prctl.h."""


def is_safe(modules: Container[str], python_threads: int, system_threads: int) -> bool:
    """Whether a process in this state may be copied.

    Threads beside Python's are those of numpy's OpenBLAS, which starts them again in a copy, or unknown ones.
    """
    has_unsafe = any(name in modules for name in UNSAFE_LIBRARIES)
    return not has_unsafe and python_threads == 1 and (system_threads == 1 or "numpy" in modules)


def may_copy_itself() -> bool:
    """Whether this very process may be copied."""
    try:
        system_threads = len(os.listdir("/proc/self/task"))
    except OSError:
        return False
    return is_safe(sys.modules, threading.active_count(), system_threads)


def adopt_orphans() -> bool:
    """Makes this process the parent of copies whose maker has ended, as process 1 is. False where that cannot be."""
    if os.getpid() == 1:
        return True
    try:
        import ctypes  # noqa: PLC0415 - some Pythons lack it

        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def make_copies(control: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Forks for each descriptor that arrives, until the other side closes. Returns in each copy too, at its end.

    A copy is the child of a child that ends at once, so that it becomes the server's own.
    """
    while True:
        connection = _received(control)
        if connection is None:
            return
        between = os.fork()
        if between == 0:
            _become_copy(control)
            serve(connection)
            return
        connection.close()
        os.waitpid(between, 0)


def _become_copy(control: socket.socket) -> None:
    """Returns in a child, which begins a process group of its own; this process reports its id and ends."""
    copy = os.fork()
    if copy:
        control.sendall(_PID.pack(copy))
        os._exit(0)
    control.close()
    os.setsid()


def ask_for_copy(control: socket.socket, connection: socket.socket) -> int:
    """The process id of a new copy that serves `connection`. Raises OSError when the template has ended."""
    control.settimeout(FORK_SECONDS)
    descriptors = array.array("i", [connection.fileno()])
    control.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    raw = control.recv(_PID.size, socket.MSG_WAITALL)
    if len(raw) < _PID.size:
        raise ConnectionResetError
    return int(_PID.unpack(raw)[0])


def _received(control: socket.socket) -> Optional[socket.socket]:
    descriptors = array.array("i")
    message, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(descriptors.itemsize))
    if not message:
        return None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: descriptors.itemsize])
    return socket.socket(fileno=descriptors[0])
