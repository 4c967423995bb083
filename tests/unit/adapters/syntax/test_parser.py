"""Hostile code is parsed in a process of its own: it is never executed, and nothing it holds harms the parser."""

import argparse
import asyncio
import inspect
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.waiting import eventually

from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.adapters.syntax.process import ParserSettings
from aiapp.adapters.syntax.worker import answer
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.package.service_code import (
    MAX_SERVICE_CODE_BYTES,
    Import,
    ServiceClass,
    ServiceCode,
    SyntaxFault,
    accepted_code,
)
from aiapp.ports.syntax import ParserError

SETTINGS = ParserSettings(cpu_seconds=2)
TENANT = "team"


@pytest.fixture
async def parser() -> AsyncIterator[IsolatedParser]:
    made = IsolatedParser(SETTINGS)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        pytest.param(b"", ServiceCode(), id="empty"),
        pytest.param(
            b"import x.y\r\n@d(1)\r\nclass A(x.y.PTServingBaseService, B):\r\n"
            b"    def _inference(self):\r\n        self.model = 1\r\n",
            ServiceCode(
                (ServiceClass("A", ("x.y.PTServingBaseService", "B"), 3, ("_inference",), ("d(1)",), sets_model=True),),
                (Import("x.y", line=1),),
            ),
            id="classes and imports, CRLF",
        ),
        pytest.param(
            b"def f():\n  from .a import b as c, d\ntry:\n  import e\n"
            b"except ImportError:\n  import g\nif x:\n  import h\n",
            ServiceCode(imports=(Import("a", ("b", "d"), 1, 2),)),
            id="imports that happen in any case",
        ),
        pytest.param("# -*- coding: gbk -*-\nx = '识别'\n".encode("gbk"), ServiceCode(), id="a coding line"),
        pytest.param("# coding: cp936\nx = '识别'\n".encode("gbk"), ServiceCode(), id="another name of it"),
        pytest.param("# vim: set fileencoding=big5 :\nx = '辨'\n".encode("big5"), ServiceCode(), id="Big5"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", ServiceCode(), id="a byte order mark"),
        pytest.param(b"match x:\n    case 1: pass\n", ServiceCode(), id="newer than Python 3.7"),
        pytest.param(b"x = '\\d'\n", ServiceCode(), id="an invalid escape is no error"),
    ],
)
async def test_python_is_parsed(parser: IsolatedParser, source: bytes, code: ServiceCode) -> None:
    assert await parser.parse(source, TENANT) == code


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(b"x = 1\nif x:\nprint(x)\n", "line 3 column 1: expected an indented block", id="indentation"),
        pytest.param(b"print 'x'\n", "line 1 column 1: Missing parentheses in call to 'print'", id="Python 2"),
        pytest.param(b"x = [1\nprint(x)\n", "'[' was never closed, found 'x = [1'", id="the line at fault is shown"),
        pytest.param(
            b"a\n<<<<<<< HEAD\n",
            "line 2 column 1: invalid syntax, found '<<<<<<< HEAD': a merge was not resolved",
            id="conflict marker",
        ),
        pytest.param(b"x = '\xff'\n", "line 1 column", id="neither UTF-8 nor declared"),
        pytest.param(b"# coding: klingon\n", "unknown encoding", id="unknown coding"),
        pytest.param(b"# coding: mac_farsi\n", "line 1 column 1: its coding line names", id="a coding not loaded"),
        pytest.param(b"x = 1\x00\n", "null bytes", id="NUL"),
        pytest.param(b"(" * 100_000, "line 1 column 201: too many nested parentheses", id="nested parentheses"),
        pytest.param(b"-" * 500_000 + b"1", "too deeply nested or too large", id="a tower of signs"),
        pytest.param(b"a," * 500_000, "too deeply nested or too large", id="a great many small things"),
        pytest.param(b"x" + b".a" * 400_000, "too deeply nested or too large", id="a tower of attributes"),
        pytest.param(b"#" * 2_000_000, "it has 2000000 bytes, more than 1048576", id="too long"),
    ],
)
async def test_what_is_not_python_is_refused_with_its_place(
    parser: IsolatedParser, source: bytes, message: str
) -> None:
    found = await parser.parse(source, TENANT)
    assert isinstance(found, SyntaxFault)
    refusal = accepted_code(found, "model/customize_service.py")
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith("model/customize_service.py")
    assert message in refusal.message


async def test_code_is_not_executed(parser: IsolatedParser, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    assert isinstance(await parser.parse(f"open({str(trace)!r}, 'w')".encode(), TENANT), ServiceCode)
    assert not trace.exists()


@pytest.mark.parametrize("piece", [b"a,", b"1,", b"{},", b"def f():0\n", b"f'{a}'\n", b"lambda:0\n", b"a()\n", b"0;"])
async def test_what_takes_too_much_memory_is_refused_and_the_next_file_is_parsed(piece: bytes) -> None:
    parser = IsolatedParser(ParserSettings(memory_bytes=48 * 1024 * 1024))
    source = b"[" * (b"," in piece) + piece * (MAX_SERVICE_CODE_BYTES // len(piece) - 1) + b"]" * (b"," in piece)
    found = await parser.parse(source, TENANT)
    assert isinstance(found, SyntaxFault)
    assert found.message.startswith(("too deeply nested or too large", "it takes too much"))
    assert isinstance(await parser.parse(b"x = 1", TENANT), ServiceCode)
    await parser.close()


async def test_the_largest_handwritten_file_has_memory_enough(parser: IsolatedParser) -> None:
    code = inspect.getsource(argparse.ArgumentParser).encode()
    body = code * (MAX_SERVICE_CODE_BYTES // len(code))
    assert len(body) > 0.9 * MAX_SERVICE_CODE_BYTES
    assert isinstance(await parser.parse(body, TENANT), ServiceCode)


async def test_what_takes_too_much_cpu_time_is_refused() -> None:
    hasty = IsolatedParser(ParserSettings(memory_bytes=2 << 30, cpu_seconds=0))
    assert await hasty.parse(b"a()\n" * 200_000, TENANT) == SyntaxFault("it takes too much time or memory to parse")
    await hasty.close()


async def test_code_that_declares_too_much_is_refused(parser: IsolatedParser) -> None:
    names = b",".join(b"n%d" % number for number in range(200))
    found = await parser.parse(b"from m import " + names + b"\nfrom m import ".join([b""] + [names] * 190), TENANT)
    assert found == SyntaxFault("its classes and imports are too many to read")


async def test_a_parser_that_does_not_get_to_work_in_time_is_no_fault_of_the_code() -> None:
    late = IsolatedParser(ParserSettings(timeout_seconds=0.0))
    with pytest.raises(ParserError, match="it did not finish within 0 s"):
        await late.parse(b"x = 1", TENANT)
    await late.close()


async def test_a_parser_that_cannot_be_started_is_no_fault_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ParserError, match="its process does not start: No such file"):
        await IsolatedParser(SETTINGS).parse(b"x = 1", TENANT)


async def test_a_parser_that_was_killed_is_replaced_without_anyone_noticing(parser: IsolatedParser) -> None:
    assert await parser.parse(b"a = 1", TENANT) == ServiceCode()
    (pid,) = _pids(parser)
    os.kill(pid, signal.SIGKILL)
    assert await parser.parse(b"b = 1", TENANT) == ServiceCode()
    assert _pids(parser) != [pid]


async def test_a_long_file_leaves_no_process_behind(parser: IsolatedParser) -> None:
    await parser.parse(b"x = 1\n" * 10_000, TENANT)
    assert _pids(parser) == []


async def test_a_tenant_waits_for_its_own_files_alone(parser: IsolatedParser) -> None:
    await parser.parse(b"x = 1", "hostile")
    (pid,) = _pids(parser)
    os.kill(pid, signal.SIGSTOP)
    theirs = [asyncio.create_task(parser.parse(b"y = %d" % number, "hostile")) for number in range(20)]
    others = [asyncio.create_task(parser.parse(b"z = %d" % number, f"team-{number}")) for number in range(20)]
    assert await asyncio.gather(*others) == [ServiceCode()] * 20
    assert not any(task.done() for task in theirs)
    os.kill(pid, signal.SIGKILL)
    assert await asyncio.gather(*theirs) == [ServiceCode()] * 20


async def test_content_that_is_known_is_not_parsed_again(parser: IsolatedParser) -> None:
    found = await parser.parse(b"class A(B): pass", TENANT)
    await parser.close()
    assert await parser.parse(b"class A(B): pass", "another") is found
    assert _pids(parser) == []


async def test_the_process_can_open_no_file_and_start_no_process(parser: IsolatedParser) -> None:
    await parser.parse(b"x = 1", TENANT)
    (pid,) = _pids(parser)
    limits = _limits(pid)
    assert limits["Max open files"] == "3"
    assert limits["Max processes"] == "0"
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    assert limits["Max address space"] == str(128 * 1024 * 1024)
    assert int(limits["Max cpu time"]) <= SETTINGS.cpu_seconds + 1


def _pids(parser: IsolatedParser) -> list[int]:
    return [process.pid for process in parser._processes if process.pid is not None]


def _limits(pid: int) -> dict[str, str]:
    """The soft limits, as the kernel words them."""
    return {line[:26].strip(): line[26:47].strip() for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}


PARENT = """
import asyncio, os, signal
from aiapp.adapters.syntax.process import ParserProcess, ParserSettings

async def main():
    parser = ParserProcess(ParserSettings())
    await parser.ask(b"x = 1")
    pid = parser.pid
    os.kill(pid, signal.SIGSTOP)
    print(pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_the_process_ends_with_its_parent_even_if_it_cannot_see_the_end_of_its_input() -> None:
    ended = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    eventually(lambda: not _runs(int(ended.stdout)))


def _runs(pid: int) -> bool:
    """A zombie that nobody waits for does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_source_whatever_raises(source: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = answer(source)
    assert found.keys() in ({"classes", "imports"}, {"message", "line", "column", "text"})
