"""What was found of weights, in a few words."""

import pytest

from aiapp.api.weights import WeightsStatus
from aiapp.domain.weights.found import described


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(
            {
                "architecture": "Qwen2ForCausalLM",
                "parameters": 7_615_616_512,
                "dtype": "bfloat16",
                "context_length": 32768,
            },
            "Qwen2ForCausalLM, 7.6 billion parameters, bfloat16, 32768 tokens",
            id="whole",
        ),
        pytest.param(
            {"parameters": 1_026_408_232_448, "quantization": "fp8"}, "1.0 trillion parameters, fp8", id="large"
        ),
        pytest.param({"parameters": 22_713_216}, "22.7 million parameters", id="small"),
        pytest.param({"parameters": 107_200}, "107200 parameters", id="tiny"),
        pytest.param({}, "", id="nothing known"),
    ],
)
def test_weights_are_described_by_what_is_known_of_them(fields: dict[str, object], words: str) -> None:
    given = {"format": "Safetensors", "bytes": 1, "size": "1 B"}
    assert described(WeightsStatus.model_validate(given | fields)) == words
