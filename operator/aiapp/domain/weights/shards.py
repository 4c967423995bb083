"""Which files of a folder are the weights, by their names and by the index that lists them. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from aiapp.domain.weights.flat_json import FlatJsonError, members, string

INDEX: Final = "model.safetensors.index.json"
WHOLE: Final = "model.safetensors"
"""The file of a model that is not split."""
MAX_INDEX_BYTES: Final = 16 * 1024 * 1024
"""Names 150,000 tensors: those of a model with 384 experts in each of 60 layers."""
MAX_SHARDS: Final = 1024
MAX_INDEX_MEMBERS: Final = 64
"""Beside each other at the top of an index. There are two: `metadata` and `weight_map`."""

_SAFETENSORS: Final = ".safetensors"
_OTHER_WEIGHTS: Final = (".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx", ".om", ".mindir")
_PAIR: Final = re.compile(
    r'\s*+"(?:[^"\\]++|\\.)*+"\s*+:\s*+(?P<file>"(?:[^"\\]++|\\.)*+")\s*+(?P<end>[,}])', re.DOTALL
)
_NO_PAIR: Final = re.compile(r"\{\s*+\}")
_TOKENIZERS: Final = frozenset(
    {
        *("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "tekken.json", "spiece.model"),
        *("vocab.json", "vocab.txt", "sentencepiece.bpe.model"),
    }
)
_LICENSE: Final = re.compile(r"(?:LICEN[CS]E|COPYING)(?:[-._][-._ A-Za-z0-9]{0,100})?", re.IGNORECASE | re.ASCII)


class IndexUnreadableError(ValueError):
    """The index is not what it should be; `str()` is half a sentence."""


def shards_of_index(data: bytes) -> tuple[str, ...]:
    """The files that it names, each once, by name. Raises `IndexUnreadableError`."""
    found: dict[str, str] = {}
    try:
        for member in members(data.decode().strip()):
            found[member.name] = member.value
            if len(found) > MAX_INDEX_MEMBERS:
                raise IndexUnreadableError(f"it has more than {MAX_INDEX_MEMBERS} members beside each other")
    except UnicodeDecodeError as error:
        raise IndexUnreadableError("it is not UTF-8") from error
    except FlatJsonError as error:
        raise IndexUnreadableError(str(error)) from error
    if not found.get("weight_map", "").startswith("{"):
        raise IndexUnreadableError("it has no weight_map from tensors to files")
    return tuple(sorted(_files(found["weight_map"])))


def shards_by_name(files: Iterable[str]) -> tuple[str, ...]:
    """Without an index: `model.safetensors`, else all of that ending that lie at the top."""
    top = sorted(path for path in files if "/" not in path and path.endswith(_SAFETENSORS))
    return (WHOLE,) if WHOLE in top else tuple(top)


def other_weights(files: Mapping[str, int]) -> dict[str, int]:
    """Files that hold weights in another format or another folder, with their sizes in bytes."""
    return {path: size for path, size in files.items() if path.lower().endswith((_SAFETENSORS, *_OTHER_WEIGHTS))}


def has_safetensors(files: Iterable[str]) -> bool:
    """Whether any lies at the top."""
    return any("/" not in path and path.endswith(_SAFETENSORS) for path in files)


def has_tokenizer(files: Collection[str]) -> bool:
    return any(path in _TOKENIZERS or path.endswith(".tiktoken") for path in files if "/" not in path)


def license_file(files: Iterable[str]) -> str | None:
    """The first by name of the files at the top that are called like a licence."""
    return min((path for path in files if _LICENSE.fullmatch(path)), default=None)


def _files(weight_map: str) -> set[str]:
    found: set[str] = set()
    at, is_open = 1, _NO_PAIR.fullmatch(weight_map) is None
    while is_open:
        match = _PAIR.match(weight_map, at)
        if match is None:
            raise IndexUnreadableError(f"{weight_map[at : at + 40]!r} in its weight_map is no tensor and its file")
        found.add(string(match["file"]))
        if len(found) > MAX_SHARDS:
            raise IndexUnreadableError(f"it names more than {MAX_SHARDS} files")
        at, is_open = match.end(), match["end"] == ","
    return found
