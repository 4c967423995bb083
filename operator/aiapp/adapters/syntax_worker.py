"""Parses Python source from standard input, one length-prefixed piece after another, in a process of its own.

Runs as a script with the standard library alone. Never imports, compiles to code or executes what it parses, and can
neither open a file or a socket nor start a process.
"""

import ast
import codecs
import contextlib
import ctypes
import json
import resource
import signal
import struct
import sys
import warnings
from typing import BinaryIO

_OLDEST = (3, 7)
"""The oldest Python that a runtime has; what it accepts is accepted."""
_CODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii", "latin-1", "iso8859-15", "cp1251", "cp1252", "koi8-r"),
    *("gbk", "gb2312", "gb18030", "hz", "big5", "shift-jis", "euc-jp", "euc-kr"),
)
"""Coding lines that are understood. Loaded beforehand: later no file can be opened."""
_STANDARD_STREAMS = 3
_PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): which signal this process gets when its parent ends."""


def answers(requests: BinaryIO, replies: BinaryIO, cpu_seconds: int) -> None:
    """A line of JSON for every request, until the input ends. Each piece has its own allowance of CPU time."""
    while header := requests.read(4):
        source = requests.read(struct.unpack(">I", header)[0])
        _allow(cpu_seconds)
        replies.write(json.dumps(answer(source)).encode() + b"\n")
        replies.flush()


def answer(source: bytes) -> dict[str, object]:
    """`{"classes": [[name, [base, ...]], ...]}`, or `{"message", "line", "column"}` where it is not Python."""
    try:
        return {"classes": _classes(_parsed(source))}
    except SyntaxError as error:
        return {"message": f"{error.msg}", "line": error.lineno or 0, "column": error.offset or 0}
    except ValueError as error:
        return {"message": f"{error}", "line": 0, "column": 0}
    except OSError:  # a codec that would have to be loaded
        return {
            "message": "its coding line names a coding that is not read here: save it as UTF-8",
            "line": 1,
            "column": 0,
        }
    except (MemoryError, RecursionError):
        return {"message": "too deeply nested or too large to parse", "line": 0, "column": 0}


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source, feature_version=_OLDEST)
    except SyntaxError:
        return ast.parse(source)


def _classes(module: ast.Module) -> list[tuple[str, list[str]]]:
    found = (node for node in module.body if isinstance(node, ast.ClassDef))
    return [(node.name[:200], [ast.unparse(base)[:200] for base in node.bases[:8]]) for node in found][:64]


def _allow(cpu_seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _confine(memory: int) -> None:
    """From here on: no files, no network, no other processes, bounded memory; and no life without the parent."""
    warnings.simplefilter("ignore")
    for coding in _CODINGS:
        codecs.lookup(coding)
    with contextlib.suppress(AttributeError):  # not Linux: then the end of the input ends it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_NOFILE: _STANDARD_STREAMS,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def main() -> None:
    """Arguments: address space in bytes, CPU seconds for each piece."""
    memory, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    _confine(memory)
    answers(sys.stdin.buffer, sys.stdout.buffer, cpu_seconds)


if __name__ == "__main__":
    main()
