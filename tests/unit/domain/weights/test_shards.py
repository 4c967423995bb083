"""Which files of a folder are the weights."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.weights import index

from aiapp.domain.weights.shards import (
    IndexUnreadableError,
    has_tokenizer,
    license_file,
    other_weights,
    shards_by_name,
    shards_of_index,
)


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_an_index_names_each_file_once(weight_map: dict[str, str]) -> None:
    assert shards_of_index(index(weight_map)) == tuple(sorted(set(weight_map.values())))


@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_any_other_bytes_are_no_index(data: bytes) -> None:
    with pytest.raises(IndexUnreadableError):
        shards_of_index(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{}", "it has no weight_map", id="empty"),
        pytest.param('{"weight_map": []}', "it has no weight_map", id="a list"),
        pytest.param('{"weight_map": {"a": 1}}', "is no tensor and its file", id="a number for a file"),
        pytest.param('{"weight_map": {"a": {"b": "c"}}}', "is no member of a flat JSON object", id="nested"),
        pytest.param('{"weight_map": {"a": "x"}, "weight_map": {}}', "'weight_map' is there twice", id="twice"),
        pytest.param(json.dumps({"weight_map": {str(n): str(n) for n in range(1025)}}), "more than 1024", id="many"),
        pytest.param(json.dumps({str(n): n for n in range(65)}), "more than 64 members", id="many members"),
    ],
)
def test_an_index_of_another_form_is_refused(text: str, words: str) -> None:
    with pytest.raises(IndexUnreadableError) as refused:
        shards_of_index(text.encode())
    assert words in str(refused.value)


def test_without_an_index_the_whole_model_is_one_file_or_all_at_the_top() -> None:
    assert shards_by_name(["model.safetensors", "consolidated.safetensors"]) == ("model.safetensors",)
    assert shards_by_name(["b.safetensors", "a.safetensors", "lora/x.safetensors"]) == (
        "a.safetensors",
        "b.safetensors",
    )
    assert shards_by_name(["pytorch_model.bin"]) == ()


def test_files_of_other_formats_are_known_by_their_ending() -> None:
    files = {
        "pytorch_model.bin": 7,
        "m.GGUF": 3,
        "tokenizer.json": 1,
        "onnx/model.onnx": 2,
        "unet/model.safetensors": 5,
    }
    assert other_weights(files) == {path: size for path, size in files.items() if path != "tokenizer.json"}


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.model", "vocab.txt", "qwen.tiktoken"])
def test_a_tokenizer_is_known_by_its_name(name: str) -> None:
    assert has_tokenizer([name])
    assert not has_tokenizer([f"old/{name}", "config.json"])


def test_a_licence_is_known_by_its_name() -> None:
    assert license_file(["config.json", "LICENSE.txt", "LICENCE"]) == "LICENCE"
    assert license_file(["COPYING", "licenses/LICENSE"]) == "COPYING"
    assert license_file(["LICENSED", "README.md", "LICENSE-\u202efdp.exe"]) is None
