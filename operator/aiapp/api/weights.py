"""What is known of a model's weights without loading them. Types only."""

from typing import Annotated, Literal

from pydantic import Field

from aiapp.api.meta import ApiModel


class WeightsStatus(ApiModel):
    """Weights in the layout of Hugging Face: from the model's config.json and the headers of its safetensors files."""

    format: Literal["Safetensors", "Other"]
    """Other: files such as `.bin`, of which nothing but the size is known, since they are never unpickled."""
    architecture: Annotated[str, Field(max_length=128)] | None = None
    """Class of the model, for example Qwen2ForCausalLM."""
    dtype: Annotated[str, Field(max_length=32)] | None = None
    """Number format that config.json states, else the one of most of the bytes, for example bfloat16."""
    context_length: Annotated[int, Field(ge=1)] | None = None
    """Tokens of prompt and answer together that the model was made for."""
    parameters: Annotated[int, Field(ge=0)] | None = None
    """Numbers in all tensors as they are stored: several of a quantized model may share one."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of all tensors, in bytes; of other formats that of the files."""
    size: Annotated[str, Field(max_length=32)]
    """The same with a unit, for example `14.2 GiB`."""
    tensor_bytes: Annotated[dict[str, Annotated[int, Field(ge=0)]], Field(max_length=32)] | None = None
    """The same by number format, as safetensors writes it, for example BF16."""
    quantization: Annotated[str, Field(max_length=64)] | None = None
    """How the weights are quantized, for example awq, or ascend of msModelSlim."""
    license: Annotated[str, Field(max_length=128)] | None = None
    """Licence that the head of README.md states."""
    license_file: Annotated[str, Field(max_length=128)] | None = None
    """File that holds a licence."""
    tokenizer: bool = False
    """Whether a tokenizer lies beside the weights."""
    layers: Annotated[int, Field(ge=1)] | None = None
    """Hidden layers."""
    attention_heads: Annotated[int, Field(ge=1)] | None = None
    """Attention heads; a number of NPUs has to divide it."""
    key_value_heads: Annotated[int, Field(ge=1)] | None = None
    """Heads whose keys and values are kept; 1 where all heads share what is kept."""
    cache_values: Annotated[int, Field(ge=1)] | None = None
    """Numbers that attention keeps of each token, in all layers."""
