"""The header of a safetensors file: which tensors it has, checked as strictly as the format says. Pure.

The file is 8 bytes with the length N of the header (little-endian), N bytes of JSON that begin with `{`, then the
tensors' bytes without holes or overlaps (https://github.com/huggingface/safetensors, README, section Format).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from aiapp.domain.weights.flat_json import FlatJsonError, Member, members, value

LENGTH_BYTES: Final = 8
"""Of the number at the start of a file."""
MAX_HEADER_BYTES: Final = 4 * 1024 * 1024
"""Describes 40,000 tensors. The format allows 100 MB; published models have up to some hundred kilobytes a file."""
MAX_HEADERS_BYTES: Final = 16 * MAX_HEADER_BYTES
"""Of all files of a model together: to read so much takes a processor some seconds."""
BITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
"""Bits of one number, by the names that the format has for number formats (its `Dtype`)."""

_LFS_POINTER: Final = b"version https://git-lfs"
_METADATA: Final = "__metadata__"
_MAX_ENTRY_CHARACTERS: Final = 4096
_MAX_DIMENSIONS: Final = 64
_MAX_NUMBER: Final = 2**63
_ENTRY: Final = {"dtype", "shape", "data_offsets"}
_SHOWN: Final = 80
_LONGEST: Final = 300


class HeaderError(ValueError):
    """A file that is no safetensors file; `str()` is half a sentence about it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What tensors amount to, by number format."""

    numbers: Mapping[str, int]
    """How many numbers."""
    bytes: Mapping[str, int]
    tensors: int


class _Place(NamedTuple):
    """Where a tensor's bytes lie behind the header."""

    begin: int
    end: int
    name: str


def header_length(beginning: bytes, size: int) -> int:
    """Of the JSON, from the first bytes of a file of `size` bytes. Raises `HeaderError`."""
    if len(beginning) < LENGTH_BYTES:
        raise HeaderError(f"it has {size} bytes: too few for a header")
    length = int.from_bytes(beginning[:LENGTH_BYTES], "little")
    if beginning.startswith(_LFS_POINTER):
        raise HeaderError(
            "it is a pointer of Git LFS and not the file: fetch the files (git lfs pull), upload them again"
        )
    if length > size - LENGTH_BYTES:
        raise HeaderError(f"its header claims {length} bytes of the file's {size}")
    if length > MAX_HEADER_BYTES:
        raise HeaderError(f"its header has {length} bytes; at most {MAX_HEADER_BYTES} are read")
    return length


def tally(header: bytes, size: int) -> Tally:
    """What the JSON of a file of `size` bytes says. Raises `HeaderError`."""
    numbers: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    places: list[_Place] = []
    try:
        for member in members(header.decode().rstrip(" ")):
            if member.name != _METADATA:
                dtype, count, place = _tensor(member)
                places.append(place)
                numbers[dtype] += count
                sizes[dtype] += place.end - place.begin
    except UnicodeDecodeError as error:
        raise HeaderError("its header is not UTF-8") from error
    except FlatJsonError as error:
        raise HeaderError(f"its header is not what the format says: {error}") from error
    _require_whole(sorted(places), size - LENGTH_BYTES - len(header))
    return Tally(numbers, sizes, len(places))


def together(tallies: Iterable[Tally]) -> Tally:
    """Of several files."""
    numbers: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    tensors = 0
    for one in tallies:
        numbers.update(one.numbers)
        sizes.update(one.bytes)
        tensors += one.tensors
    return Tally(numbers, sizes, tensors)


def _tensor(member: Member) -> tuple[str, int, _Place]:
    """Number format, how many numbers, and where they lie."""
    if len(member.value) > _MAX_ENTRY_CHARACTERS:
        raise _fault(member.name, f"is described by {len(member.value)} characters; at most {_MAX_ENTRY_CHARACTERS}")
    entry = value(member.value)
    if not isinstance(entry, dict) or entry.keys() != _ENTRY:
        raise _fault(member.name, "has not exactly dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise _fault(member.name, f"has dtype {str(dtype)[:_SHOWN]!r}, which the format does not know")
    if not _are_numbers(shape) or len(shape) > _MAX_DIMENSIONS:
        raise _fault(member.name, "has a shape that is no list of sizes")
    if not _are_numbers(offsets) or len(offsets) != 2:
        raise _fault(member.name, "has data_offsets that are no two places")
    begin, end = offsets
    count = prod(shape)
    if count * BITS[dtype] != (end - begin) * 8:
        raise _fault(member.name, f"has {end - begin} bytes, which is not the size of {dtype} {shape}")
    return dtype, count, _Place(begin, end, member.name)


def _fault(tensor: str, what: str) -> HeaderError:
    return HeaderError(f"tensor {tensor[:_SHOWN]!r} {what[:_LONGEST]}")


def _are_numbers(found: Any) -> bool:
    return isinstance(found, list) and all(type(one) is int and 0 <= one < _MAX_NUMBER for one in found)


def _require_whole(places: Iterable[_Place], size: int) -> None:
    """Raises `HeaderError` unless they lie one behind the other and fill `size` bytes."""
    at = 0
    for place in places:
        if place.begin != at:
            what = "overlaps another one" if place.begin < at else "leaves a hole before it"
            raise _fault(place.name, f"begins at byte {place.begin} and {what}, which ends at {at}")
        at = place.end
    if at != size:
        raise HeaderError(f"its tensors end at byte {at} of {size}: the file is cut off, or something follows them")
