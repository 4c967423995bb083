"""config.json of a model in the layout of Hugging Face: what it says of the model's size and number format. Pure.

Each value is taken where it makes sense and left out where not: the engine reads the file, and judges it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.weights.shards import has_safetensors
from aiapp.modelarts.lenient_json import NotJson, parse
from aiapp.modelarts.model_files import SERVICE_FILE
from aiapp.modelarts.model_types import model_type
from aiapp.modelarts.text import NotText, decode

CONTEXT_KEYS: Final = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "model_max_length",
    "max_sequence_length",
    "max_seq_length",
    "max_target_positions",
    "n_ctx",
)
"""Names that models have for the length of their context."""
_TEXT_MODELS: Final = ("text_config", "llm_config", "language_config")
"""Under which a model of several modalities keeps what its language model is."""
_LARGEST: Final = 2**40
_WORD: Final = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.+]*", re.ASCII)
_MODELARTS: Final = b'"model_algorithm"'
_Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """What is known of a model from its own configuration."""

    model_type: str | None = None
    """Family, for example `qwen2`."""
    architecture: str | None = None
    dtype: str | None = None
    context_length: int | None = None
    quantization: str | None = None
    layers: int | None = None
    attention_heads: int | None = None
    key_value_heads: int | None = None
    cache_values: int | None = None
    """Numbers that attention keeps of a token: keys and values of all layers and heads."""


def model_config(data: bytes, files: Collection[str]) -> ModelConfig | None:
    """Of a config.json that is a model's own; None for one of ModelArts, and for one that cannot be read.

    It is a model's own if it names its `architectures` or a `model_type` that is no engine of ModelArts and lies
    beside safetensors files without inference code. One with a `model_algorithm` is always of ModelArts.
    """
    document = None if _MODELARTS in data else _document(data)
    if document is None or not _is_own(document, files):
        return None
    return _read(document)


def _document(data: bytes) -> _Document | None:
    text = decode(data)
    parsed = NotJson("", 0, 0) if isinstance(text, NotText) else parse(text.content)
    return parsed.value if not isinstance(parsed, NotJson) and isinstance(parsed.value, dict) else None


def _is_own(document: _Document, files: Collection[str]) -> bool:
    if _architecture(document) is not None:
        return True
    named = document.get("model_type")
    if not isinstance(named, str) or model_type(named) is not None:
        return False
    return SERVICE_FILE not in files and has_safetensors(files)


def _read(document: _Document) -> ModelConfig:
    text = _text_model(document)
    heads = _number(text, ("num_attention_heads", "n_head", "num_heads"))
    key_value_heads = _key_value_heads(text, heads)
    layers = _number(text, ("num_hidden_layers", "n_layer", "num_layers", "n_layers"))
    return ModelConfig(
        model_type=_word(document.get("model_type")),
        architecture=_architecture(document),
        dtype=_dtype(text) or _dtype(document),
        context_length=_context_length(text) or _context_length(document),
        quantization=_quantization(document) or _quantization(text),
        layers=layers,
        attention_heads=heads,
        key_value_heads=key_value_heads,
        cache_values=_cache_values(text, layers, heads, key_value_heads),
    )


def _text_model(document: _Document) -> _Document:
    nested = (document.get(key) for key in _TEXT_MODELS)
    return next((one for one in nested if isinstance(one, dict) and one), document)


def _architecture(document: _Document) -> str | None:
    named = document.get("architectures")
    return _word(named[0]) if isinstance(named, list) and named else None


def _dtype(document: _Document) -> str | None:
    named = document.get("dtype") or document.get("torch_dtype")
    return _word(named.removeprefix("torch."), 32) if isinstance(named, str) else None


def _context_length(document: _Document) -> int | None:
    """The shortest of those that it states, stretched as its rotary embedding says: vLLM's rule."""
    stated = [number for key in CONTEXT_KEYS if (number := _number(document, (key,)))]
    if not stated:
        return None
    found = document.get("rope_scaling") or document.get("rope_parameters")
    scaling: _Document = found if isinstance(found, dict) else {}
    factor, kind = scaling.get("factor"), scaling.get("rope_type") or scaling.get("type")
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 1 <= factor <= 1024:
        return min(stated)
    if kind == "yarn":
        return int((_number(scaling, ("original_max_position_embeddings",)) or min(stated)) * factor)
    return int(min(stated) * factor) if kind in ("linear", "dynamic") else min(stated)


def _quantization(document: _Document) -> str | None:
    found = document.get("quantization_config") or document.get("compression_config")
    if not isinstance(found, dict):
        return None
    return _word(found.get("quant_method")) or _word(found.get("quant_algo")) or "unknown"


def _key_value_heads(document: _Document, heads: int | None) -> int | None:
    if document.get("multi_query") is True or _number(document, ("kv_lora_rank",)):
        return 1
    return _number(document, ("num_key_value_heads", "n_head_kv", "num_kv_heads", "multi_query_group_num")) or heads


def _cache_values(
    document: _Document, layers: int | None, heads: int | None, key_value_heads: int | None
) -> int | None:
    """A key and a value have `head_dim` numbers each; latent attention (DeepSeek's) keeps one vector for all heads."""
    if layers is None:
        return None
    if latent := _number(document, ("kv_lora_rank",)):
        return _sensible(layers * (latent + (_number(document, ("qk_rope_head_dim",)) or 0)))
    hidden = _number(document, ("hidden_size", "n_embd", "d_model"))
    head_size = _number(document, ("head_dim", "attention_head_dim"))
    if head_size is None and hidden is not None and heads is not None:
        head_size = hidden // heads
    if not head_size or key_value_heads is None:
        return None
    return _sensible(2 * layers * key_value_heads * head_size)


def _sensible(product: int) -> int | None:
    """Of numbers that each make sense; no status takes one of more than 64 bits."""
    return product if product < _LARGEST else None


def _number(document: _Document, keys: Iterable[str]) -> int | None:
    found = (document.get(key) for key in keys)
    return next((one for one in found if type(one) is int and 0 < one < _LARGEST), None)


def _word(found: Any, longest: int = 64) -> str | None:
    """Only what looks like a name: the rest is a stranger's text."""
    return found if isinstance(found, str) and len(found) <= longest and _WORD.fullmatch(found) else None
