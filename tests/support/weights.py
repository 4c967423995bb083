"""Weights made in a test: safetensors files and folders in the layout of Hugging Face."""

import json
from collections.abc import Mapping
from math import prod
from typing import Any, Final

from aiapp.domain.weights.safetensors import BITS

CONFIG: Final[Mapping[str, Any]] = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "torch_dtype": "bfloat16",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "vocab_size": 256,
}
CARD: Final = b"---\nlanguage: en\nlicense: apache-2.0\n---\n# A tiny model\n"


def header(tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, str] | None = None) -> bytes:
    """The JSON of a sound header: tensors by name, each a number format and a shape."""
    entries: dict[str, Any] = {} if metadata is None else {"__metadata__": dict(metadata)}
    at = 0
    for name, (dtype, shape) in tensors.items():
        end = at + prod(shape) * BITS[dtype] // 8
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    return json.dumps(entries).encode()


def safetensors(tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, str] | None = None) -> bytes:
    """A whole file; every number in it is zero."""
    text = header(tensors, metadata)
    data = sum(prod(shape) * BITS[dtype] // 8 for dtype, shape in tensors.values())
    return with_length(text) + bytes(data)


def with_length(text: bytes) -> bytes:
    """A header behind its length."""
    return len(text).to_bytes(8, "little") + text


def index(shards: Mapping[str, str]) -> bytes:
    """The index of several files: file by tensor."""
    return json.dumps({"metadata": {"total_size": 1}, "weight_map": dict(shards)}).encode()


def folder(**files: bytes | None) -> dict[str, bytes]:
    """A sound folder of weights; a file is replaced by its name with `__` for `.`, None leaves it out."""
    sound: dict[str, bytes | None] = {
        "config.json": json.dumps(CONFIG).encode(),
        "model.safetensors": safetensors({"embed": ("BF16", (256, 64)), "norm": ("F32", (64,))}, {"format": "pt"}),
        "tokenizer.json": b"{}",
        "LICENSE": b"Apache License",
        "README.md": CARD,
    }
    named = {name.replace("__", "."): body for name, body in files.items()}
    return {name: body for name, body in (sound | named).items() if body is not None}


def sharded() -> dict[str, bytes]:
    """The same in two files with an index."""
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    return {
        **folder(model__safetensors=None),
        first: safetensors({"embed": ("BF16", (256, 64))}),
        second: safetensors({"norm": ("F32", (64,))}),
        "model.safetensors.index.json": index({"embed": first, "norm": second}),
    }
