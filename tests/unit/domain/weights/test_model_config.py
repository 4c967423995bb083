"""Whether a config.json is a model's own, and what it says of the model."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.weights import CONFIG

from aiapp.domain.weights.found import FoundWeights, model
from aiapp.domain.weights.model_config import ModelConfig, model_config

SAFETENSORS = ("config.json", "model.safetensors")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def read(fields: Any, files: tuple[str, ...] = SAFETENSORS) -> ModelConfig | None:
    return model_config(json.dumps(fields).encode(), files)


def known(**fields: Any) -> ModelConfig:
    found = read({**CONFIG, **fields})
    assert found is not None
    return found


def test_the_model_is_described() -> None:
    assert known() == ModelConfig(
        model_type="qwen2",
        architecture="Qwen2ForCausalLM",
        dtype="bfloat16",
        context_length=512,
        layers=2,
        attention_heads=4,
        key_value_heads=2,
        cache_values=2 * 2 * 2 * 16,
    )


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"model_algorithm": "x", "model_type": "PyTorch"}, id="a package"),
        pytest.param({"model_algorithm": "x", "architectures": ["A"]}, id="a package that has both"),
        pytest.param({"model_type": "PyTorch", "runtime": "x"}, id="a package that lacks its algorithm"),
        pytest.param({"model_type": "tensor flow"}, id="an engine written otherwise"),
        pytest.param({}, id="nothing"),
        pytest.param([], id="no object"),
        pytest.param({"architectures": [], "model_type": 1}, id="values of another kind"),
        pytest.param({"architectures": ["a\nb"]}, id="an architecture that is no name"),
    ],
)
def test_a_package_of_modelarts_stays_one(fields: Any) -> None:
    assert read(fields) is None


def test_a_family_alone_will_do_beside_safetensors_without_code() -> None:
    fields = {"model_type": "qwen2"}
    assert read(fields) is not None
    assert read(fields, ("config.json", "pytorch_model.bin")) is None
    assert read(fields, (*SAFETENSORS, "customize_service.py")) is None


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        pytest.param({"rope_scaling": {"type": "linear", "factor": 4.0}}, 2048, id="linear"),
        pytest.param({"rope_scaling": {"rope_type": "dynamic", "factor": 2}}, 1024, id="dynamic"),
        pytest.param(
            {"rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 256}},
            1024,
            id="yarn",
        ),
        pytest.param(
            {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 512, id="llama3 states the stretched one"
        ),
        pytest.param({"rope_scaling": {"type": "linear", "factor": 1e300}}, 512, id="absurd factor"),
        pytest.param({"rope_scaling": "x"}, 512, id="no object"),
        pytest.param({"rope_scaling": {"type": ["linear"], "factor": 4}}, 512, id="a list for a kind"),
        pytest.param({"max_position_embeddings": None, "n_positions": 64}, 64, id="another name"),
        pytest.param({"model_max_length": 128}, 128, id="the shortest of two"),
        pytest.param({"max_position_embeddings": "many"}, None, id="no number"),
    ],
)
def test_the_context_is_as_long_as_its_embedding_reaches(fields: dict[str, Any], length: int | None) -> None:
    assert known(**fields).context_length == length


@pytest.mark.parametrize(
    ("fields", "values", "heads"),
    [
        pytest.param({"num_key_value_heads": None}, 2 * 2 * 4 * 16, 4, id="as many as attention heads"),
        pytest.param({"head_dim": 32}, 2 * 2 * 2 * 32, 2, id="a size of its own"),
        pytest.param({"multi_query": True}, 2 * 2 * 1 * 16, 1, id="one for all queries"),
        pytest.param({"kv_lora_rank": 512, "qk_rope_head_dim": 64}, 2 * 576, 1, id="latent attention"),
        pytest.param({"num_hidden_layers": None}, None, 2, id="unknown layers"),
        pytest.param({"hidden_size": None}, None, 2, id="unknown size"),
        pytest.param({"num_hidden_layers": 1 << 35, "head_dim": 1 << 35}, None, 2, id="absurd sizes"),
        pytest.param({"num_hidden_layers": 1 << 35, "kv_lora_rank": 1 << 35}, None, 1, id="absurd latent attention"),
    ],
)
def test_what_attention_keeps_of_a_token(fields: dict[str, Any], values: int | None, heads: int) -> None:
    found = known(**fields)
    assert (found.cache_values, found.key_value_heads) == (values, heads)


@pytest.mark.parametrize("length", [32, 33, 64, 65])
def test_words_of_any_length_make_a_status(length: int) -> None:
    word = "x" * length
    fields = {"model_type": word, "dtype": word, "quantization_config": {"quant_method": word}}
    config = read({**CONFIG, **fields})
    assert config is not None
    assert model(FoundWeights(config=config, tally=None)).weights is not None


def test_of_several_modalities_the_language_model_counts() -> None:
    text = {key: CONFIG[key] for key in CONFIG if key not in {"architectures", "model_type"}}
    found = read({"architectures": ["VisionModel"], "model_type": "qwen2_vl", "text_config": text})
    assert found is not None
    assert (found.architecture, found.context_length, found.dtype) == ("VisionModel", 512, "bfloat16")


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"quant_method": "awq", "bits": 4}, "awq"),
        ({"quant_algo": "FP8"}, "FP8"),
        ({"bits": 4}, "unknown"),
        ("awq", None),
        ({}, None),
    ],
)
def test_quantization_is_named(fields: Any, word: str | None) -> None:
    assert known(quantization_config=fields).quantization == word


@given(st.dictionaries(st.sampled_from([*CONFIG, "rope_scaling", "text_config", "quantization_config"]), JSON))
def test_whatever_values_it_has_it_is_read(fields: dict[str, Any]) -> None:
    found = read({**CONFIG, **fields, "architectures": ["A"]})
    assert found is not None
    assert all(value is None or isinstance(value, str) or value > 0 for value in _values(found))


def _values(found: ModelConfig) -> list[Any]:
    return [getattr(found, name) for name in ModelConfig.__dataclass_fields__]
