"""What a look at a folder of weights found, as a version's status shows it, and what will probably not do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiapp.api.version import ModelStatus
from aiapp.api.weights import WeightsStatus
from aiapp.domain.objectstore.keys import shown
from aiapp.domain.sizes import human_size
from aiapp.domain.weights.model_config import ModelConfig
from aiapp.domain.weights.safetensors import Tally

HUGGING_FACE: Final = "HuggingFace"
"""`status.model.type` of weights."""
FOLDER: Final = "Folder"
"""`status.model.type` of a folder without a config.json, of which nothing is known."""
UNDEFINED: Final = "undefined"
"""Its algorithm, as ModelArts calls what nobody stated."""

_QUANTIZED_BY_ASCEND: Final = "quant_model_description"
"""How the file begins that msModelSlim leaves beside the weights that it quantized."""
_NAMES: Final[Mapping[str, str]] = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I8": "int8",
}
"""Number formats as config.json files call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWeights:
    """The parts of what is known."""

    config: ModelConfig
    tally: Tally | None
    """Of all safetensors files; None: there are none."""
    others: Mapping[str, int] = field(default_factory=dict)
    """Files of other formats and their sizes in bytes."""
    license: str | None = None
    license_file: str | None = None
    tokenizer: bool = False
    by_ascend: bool = False
    """Whether msModelSlim quantized them."""


def is_quantized_by_ascend(path: str) -> bool:
    """Whether it is the description that msModelSlim writes."""
    return path.startswith(_QUANTIZED_BY_ASCEND) and path.endswith(".json")


def model(found: FoundWeights) -> ModelStatus:
    """`status.model` of them."""
    config = found.config
    algorithm = config.model_type or config.architecture or UNDEFINED
    return ModelStatus(type=HUGGING_FACE, algorithm=algorithm, weights=_weights(found))


def plain_folder() -> ModelStatus:
    """`status.model` of a folder that says nothing of itself."""
    return ModelStatus(type=FOLDER, algorithm=UNDEFINED)


def described(weights: WeightsStatus) -> str:
    """For people, for example `Qwen2ForCausalLM, 7.6 billion parameters, bfloat16, 32768 tokens`."""
    parts = (
        weights.architecture,
        None if weights.parameters is None else f"{_large(weights.parameters)} parameters",
        weights.dtype,
        weights.quantization,
        None if weights.context_length is None else f"{weights.context_length} tokens",
    )
    return ", ".join(filter(None, parts))


def _large(number: int) -> str:
    units = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
    return next((f"{number / size:.1f} {unit}" for size, unit in units if number >= size), str(number))


def warnings(found: FoundWeights) -> tuple[str, ...]:
    """What will probably not do, as sentences."""
    names = ", ".join(map(shown, sorted(found.others)[:3]))
    unread = (
        f"its weights ({names}) are in no safetensors files beside config.json: they are not looked into, so that "
        "neither parameters nor memory are known"
    )
    untold = "no tokenizer lies beside the weights: most engines need one to serve text"
    lacks = ((found.tally is None, unread), (not found.tokenizer, untold))
    return tuple(sentence for applies, sentence in lacks if applies)


def _weights(found: FoundWeights) -> WeightsStatus:
    config, tally = found.config, found.tally
    size = sum(tally.bytes.values()) if tally else sum(found.others.values())
    return WeightsStatus(
        format="Other" if tally is None else "Safetensors",
        architecture=config.architecture,
        dtype=config.dtype or _prevailing(tally),
        context_length=config.context_length,
        parameters=None if tally is None else sum(tally.numbers.values()),
        bytes=size,
        size=human_size(size),
        tensor_bytes=None if tally is None else dict(sorted(tally.bytes.items())),
        quantization=config.quantization or ("ascend" if found.by_ascend else None),
        license=found.license,
        license_file=found.license_file,
        tokenizer=found.tokenizer,
        layers=config.layers,
        attention_heads=config.attention_heads,
        key_value_heads=config.key_value_heads,
        cache_values=config.cache_values,
    )


def _prevailing(tally: Tally | None) -> str | None:
    """The number format of most of the bytes."""
    if tally is None or not tally.bytes:
        return None
    most = max(sorted(tally.bytes), key=lambda dtype: tally.bytes[dtype])
    return _NAMES.get(most, most.lower())
