"""Hostile configuration files: whatever they hold, reading ends with a short answer and within bounded memory."""

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from typing_extensions import override

from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.config import MAX_CONFIG_BYTES
from aiapp.modelarts.diagnostics import MAX_KEPT, MAX_REPAIRS
from aiapp.modelarts.openapi import Title, openapi

MEMORY_PER_BYTE = 96
"""Python's objects for JSON take up to forty times its size; nothing may multiply that. 96 MiB for the largest file."""
MEMORY_ANYWAY = 1024 * 1024
REPEATED_BYTES = MAX_CONFIG_BYTES // 16
"""Of what is repeated: enough to see what grows faster than its input."""
HEAD = '{"model_algorithm": "x", "model_type": "PyTorch", '


def whole(text: str) -> bytes:
    """`text` behind the mandatory keys, cut to the largest file that is read."""
    return (HEAD + text).encode("utf-8", "surrogatepass")[:MAX_CONFIG_BYTES]


def repeated(unit: str, start: str, end: str) -> bytes:
    """As often as it fits between `start` and `end`."""
    room = REPEATED_BYTES - len((HEAD + start + end).encode())
    return whole(start + unit * (room // len(unit.encode())) + end)


def numbered(unit: str, start: str, end: str) -> bytes:
    """The same with a number in each, which makes keys differ."""
    room = REPEATED_BYTES - len((HEAD + start + end).encode())
    count = room // (len(unit.encode()) + 6)
    return whole(start + "".join(unit.replace("#", str(number)) for number in range(count)) + end)


HOSTILE = [
    pytest.param(whole('"metrics": {"f1": 1e999999}}'), id="a number beyond all numbers"),
    pytest.param(whole(f'"metrics": {{"f1": {"9" * 1_000_000}}}}}'), id="a million digits"),
    pytest.param(whole(f'"metrics": {{"f1": 0.{"9" * 1_000_000}}}}}'), id="a million digits behind the point"),
    pytest.param(whole(f'"health": {{"period_seconds": "{"9" * 1_000_000}"}}}}'), id="a million digits as text"),
    pytest.param(whole('"apis": ' + "[" * 500_000), id="lists without end"),
    pytest.param(whole('"apis": {"a":' * 100_000), id="objects without end"),
    pytest.param(repeated("[],", '"apis": [', "[]]}"), id="empty lists by the thousand"),
    pytest.param(repeated("{},", '"apis": [', "{}]}"), id="APIs by the thousand"),
    pytest.param(repeated('"a",', '"dependencies": [{"packages": [', '"a"]}]}'), id="dependencies by the thousand"),
    pytest.param(repeated('"-",', '"dependencies": [{"packages": [', '"-"]}]}'), id="as many faults"),
    pytest.param(repeated("1,", '"dependencies": [{"packages": [', "1]}]}"), id="even more faults"),
    pytest.param(repeated('"a":1,', '"x": {', '"a":1}}'), id="one key over and over"),
    pytest.param(numbered('"metric#": 1,', "", '"a": 1}'), id="misspelt keys by the thousand"),
    pytest.param(numbered('"k#": "0",', '"metrics": {', '"a": 1}}'), id="metrics by the thousand"),
    pytest.param(
        numbered('"k#": {"type": "list"},', '"apis": [{"request": {"data": {"properties": {', '"a": {}}}}}]}'),
        id="properties by the thousand",
    ),
    pytest.param(numbered('"k#": 1,', '"apis": [{"request": {"data": {', '"a": {}}}}]}'), id="keywords of no schema"),
    pytest.param(repeated("//\n", "", ""), id="nothing but comments"),
    pytest.param(repeated("/*", "", ""), id="comments in a comment"),
    pytest.param(repeated(",", '"x": [1', "]}"), id="nothing but commas"),
    pytest.param(repeated('\\"', '"x": "', ""), id="a text without end"),
    pytest.param(repeated("\x00", '"x": "', '"}'), id="nothing but NUL"),
    pytest.param(repeated("\\ud800", '"runtime": "', '"}'), id="half characters"),
    pytest.param(repeated("x", '"', '": {"a": 1,}, "metrics": {"a": "b"}}'), id="a key of sixty kilobytes"),
    pytest.param(repeated("x", '"metrics": {"', '": "y"}}'), id="the same at a fault"),
    pytest.param(repeated("x", '"apis": [{"method": "', '"}]}'), id="a method of sixty kilobytes"),
    pytest.param(repeated("識", '"model_type": "', '"}'), id="a model type of sixty kilobytes"),
    pytest.param(b"\xff\xfe" * 500_000, id="bytes of another encoding"),
    pytest.param(b"\x81" * 1_000_000, id="bytes of no encoding"),
]


def read(data: bytes) -> tuple[PackageConfig | Refusal, int]:
    """What is read, and the most memory that took, in bytes."""
    tracemalloc.start()
    try:
        found = read_config(data, "model/config.json")
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_file_ends_in_a_short_answer_within_bounded_memory(data: bytes) -> None:
    assert len(data) <= MAX_CONFIG_BYTES
    found, memory = read(data)
    assert memory < MEMORY_ANYWAY + MEMORY_PER_BYTE * len(data)
    assert len(found.diagnostics) <= 2 * MAX_KEPT + 12
    assert all(len(diagnostic.message) + len(diagnostic.pointer) < 2_000 for diagnostic in found.diagnostics)
    if isinstance(found, Refusal):
        assert len(orjson.dumps(found.message)) < 10_000
        assert found.message.isprintable()
    else:
        assert len(orjson.dumps(found.model.model_dump(mode="json"))) < 100_000
        assert len(found.model.repaired or ()) <= MAX_REPAIRS
        assert json.dumps(openapi(Title("x"), found.read), allow_nan=False)


def test_a_file_that_is_too_long_is_not_even_decoded() -> None:
    class Undecodable(bytes):
        @override
        def decode(self, *_: Any) -> str:
            raise AssertionError

    found, memory = read(Undecodable(100 * 1024 * 1024))
    assert isinstance(found, Refusal)
    assert found.message == "model/config.json: it has 104857600 bytes; at most 1048576 are read"
    assert memory < 1024 * 1024
