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
from collections.abc import Iterator, Sequence
from typing import BinaryIO

_OLDEST = (3, 7)
"""The oldest Python that a runtime has; what it accepts is accepted."""
_CODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii", "latin-1", "iso8859-15", "cp1251", "cp1252", "koi8-r"),
    *("gbk", "gb2312", "gb18030", "hz", "big5", "shift-jis", "euc-jp", "euc-kr"),
)
"""Coding lines that are understood. Loaded beforehand: later no file can be opened."""
_HOOKS = frozenset({"_inference", "inference"})
_MAX_TEXT = 200
_MAX_CLASSES = 64
_MAX_IMPORTS = 200
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
    """Classes and imports, or `{"message", "line", "column", "text"}` where it is not Python.

    A class is `{"name", "bases", "line", "methods", "decorators", "sets_model"}`,
    an import `[module, names, level, line]`.
    """
    if b"\0" in source:
        return {"message": "source code cannot contain null bytes", "line": 0, "column": 0, "text": ""}
    try:
        module = _parsed(source)
        return {"classes": _classes(module), "imports": _imports(module)}
    except SyntaxError as error:
        text = (error.text or "").strip()[:_MAX_TEXT]
        return {"message": f"{error.msg}", "line": error.lineno or 0, "column": error.offset or 0, "text": text}
    except OSError:  # a codec that would have to be loaded
        return {
            "message": "its coding line names a coding that is not read here: save it as UTF-8",
            "line": 1,
            "column": 0,
            "text": "",
        }
    except (MemoryError, RecursionError, ValueError):  # ValueError: a node lacks what there was no memory for
        return {"message": "too deeply nested or too large to parse", "line": 0, "column": 0, "text": ""}


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source, feature_version=_OLDEST)
    except SyntaxError:
        return ast.parse(source)


def _classes(module: ast.Module) -> list[dict[str, object]]:
    found = [node for node in module.body if isinstance(node, ast.ClassDef)]
    return [_class(node) for node in found[:_MAX_CLASSES]]


def _class(node: ast.ClassDef) -> dict[str, object]:
    functions = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    assigned = {target.id for one in node.body for target in _targets(one) if isinstance(target, ast.Name)}
    return {
        "name": node.name[:_MAX_TEXT],
        "bases": [_source(base) for base in node.bases[:8]],
        "line": node.lineno,
        "methods": sorted({one.name for one in functions}.union(assigned).intersection(_HOOKS)),
        "decorators": [_source(one) for one in node.decorator_list[:8]],
        "sets_model": "model" in assigned
        or any(
            isinstance(target, ast.Attribute) and target.attr == "model"
            for statement in _statements(functions)
            for target in _targets(statement)
        ),
    }


def _source(node: ast.expr) -> str:
    """As it may be written; empty where this Python has no way to write it on one line."""
    try:
        return ast.unparse(node)[:_MAX_TEXT]
    except ValueError:
        return ""


def _imports(module: ast.Module) -> list[tuple[str, list[str], int, int]]:
    """What is imported whatever happens: not for type checkers alone, nor where a failure is caught."""
    found: list[tuple[str, list[str], int, int]] = []
    for node in _statements(module.body, certain=True):
        if isinstance(node, ast.Import):
            found += [(alias.name[:_MAX_TEXT], [], 0, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name[:_MAX_TEXT] for alias in node.names[:_MAX_IMPORTS]]
            found.append(((node.module or "")[:_MAX_TEXT], names, node.level, node.lineno))
    return found[:_MAX_IMPORTS]


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a statement assigns to, tuples taken apart."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target] if target else []


def _statements(body: Sequence[ast.stmt], *, certain: bool = False) -> Iterator[ast.stmt]:
    """Every statement, nested ones included; if `certain`, none that a condition or a handler stands before."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if certain and isinstance(node, ast.If | ast.Match):
            continue
        if certain and isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            waiting += reversed(node.finalbody)
            continue
        for field in ("finalbody", "orelse", "handlers", "cases", "body"):
            waiting += reversed(getattr(node, field, []))


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
