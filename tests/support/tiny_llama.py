"""A Llama of 107,000 parameters with random weights, made here: real files for a real engine, nothing to download."""

import json
import random
import struct
from collections.abc import Iterator
from math import prod
from typing import Final

HIDDEN: Final = 64
LAYERS: Final = 2
HEADS: Final = 4
KEY_VALUE_HEADS: Final = 2
FEED_FORWARD: Final = 128
CONTEXT: Final = 256
SPECIAL: Final = ("<unk>", "<s>", "</s>")
WORDS: Final = len(SPECIAL) + 256
"""One for each byte, in the letters that byte-level tokenizers have for bytes."""
CONFIG: Final = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": FEED_FORWARD,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KEY_VALUE_HEADS,
    "max_position_embeddings": CONTEXT,
    "vocab_size": WORDS,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def files(seed: int) -> dict[str, bytes]:
    """The folder, in the layout of Hugging Face, with weights in two shards; other seeds, other answers."""
    found = {
        "config.json": CONFIG,
        "generation_config.json": {},
        "tokenizer.json": _tokenizer(),
        "tokenizer_config.json": {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
    }
    texts = {name: json.dumps(content).encode() for name, content in found.items()}
    card = b"---\nlicense: apache-2.0\n---\n# A tiny Llama with random weights\n"
    return texts | _shards(random.Random(seed)) | {"README.md": card, "LICENSE": b"Apache License 2.0\n"}


def parameters() -> int:
    """How many numbers the weights have."""
    return sum(map(prod, _shapes().values()))


def _shapes() -> dict[str, tuple[int, ...]]:
    kept = KEY_VALUE_HEADS * HIDDEN // HEADS
    found: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (WORDS, HIDDEN),
        "model.norm.weight": (HIDDEN,),
        "lm_head.weight": (WORDS, HIDDEN),
    }
    for layer in range(LAYERS):
        shapes: dict[str, tuple[int, ...]] = {
            "self_attn.q_proj": (HIDDEN, HIDDEN),
            "self_attn.k_proj": (kept, HIDDEN),
            "self_attn.v_proj": (kept, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HIDDEN),
            "mlp.gate_proj": (FEED_FORWARD, HIDDEN),
            "mlp.up_proj": (FEED_FORWARD, HIDDEN),
            "mlp.down_proj": (HIDDEN, FEED_FORWARD),
            "input_layernorm": (HIDDEN,),
            "post_attention_layernorm": (HIDDEN,),
        }
        found |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in shapes.items()}
    return found


def _shards(numbers: random.Random) -> dict[str, bytes]:
    shapes = list(_shapes().items())
    halves = (dict(shapes[: len(shapes) // 2]), dict(shapes[len(shapes) // 2 :]))
    names = [f"model-{number:05}-of-00002.safetensors" for number in (1, 2)]
    weight_map = {tensor: name for name, half in zip(names, halves, strict=True) for tensor in half}
    index = json.dumps({"metadata": {"total_size": 4 * parameters()}, "weight_map": weight_map}).encode()
    shards = {name: _file(half, numbers) for name, half in zip(names, halves, strict=True)}
    return shards | {"model.safetensors.index.json": index}


def _file(shapes: dict[str, tuple[int, ...]], numbers: random.Random) -> bytes:
    entries, data = {}, bytearray()
    for name, shape in shapes.items():
        begin = len(data)
        data += struct.pack(f"<{prod(shape)}f", *_values(shape, numbers))
        entries[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(data)


def _values(shape: tuple[int, ...], numbers: random.Random) -> Iterator[float]:
    """Norms do nothing, matrices are noise."""
    return (1.0 if len(shape) == 1 else numbers.gauss(0, 0.2) for _ in range(prod(shape)))


def _tokenizer() -> dict[str, object]:
    """A token for each byte."""
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    added = [
        {"id": number, "content": word, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for number, word in enumerate(SPECIAL)
    ]
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *_letters()))}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": bytes_,
        "post_processor": None,
        "decoder": bytes_,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }


def _letters() -> Iterator[str]:
    """Printable bytes stand for themselves, the others for the letters from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return (chr(byte if byte in printable else next(others)) for byte in range(256))
