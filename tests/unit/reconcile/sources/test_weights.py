"""A folder of weights, looked at. The store is in memory; the rules are real."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from tests.support.bucket import PACKAGE, Bucket
from tests.support.parsing import NoObjection
from tests.support.weights import CONFIG, folder, header, index, safetensors, sharded, with_length
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.api.version import ModelStatus
from aiapp.api.weights import WeightsStatus
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location, location
from aiapp.domain.package.inspection import Inspection, Invalid, Valid
from aiapp.domain.weights.safetensors import MAX_HEADER_BYTES, MAX_HEADERS_BYTES
from aiapp.domain.weights.shards import INDEX
from aiapp.ports.objectstore import SHORT_READ_BYTES, ObjectStore
from aiapp.reconcile.sources.importing import DEFAULT_TERMS, Terms, inspect
from aiapp.reconcile.sources.weights import FIRST_BYTES

SOURCE = ObsSource(uri="obs://models/qwen")
FIRST = "model-00001-of-00002.safetensors"


def bucket(files: Mapping[str, bytes]) -> Bucket:
    return Bucket(files, "qwen/")


async def look(store: ObjectStore, terms: Terms = DEFAULT_TERMS) -> Inspection:
    return await inspect(location(SOURCE), None, store, NoObjection(), terms=terms)


async def weights(files: Mapping[str, bytes]) -> WeightsStatus:
    found = await look(bucket(files))
    assert isinstance(found, Valid), found
    assert found.model.weights is not None
    return found.model.weights


async def refusal(files: Mapping[str, bytes]) -> tuple[Reason, str]:
    found = await look(bucket(files))
    assert isinstance(found, Invalid), found
    return found.reason, found.message


async def test_the_weights_are_described_and_every_file_is_pinned() -> None:
    found = await look(bucket(folder()))
    assert isinstance(found, Valid)
    assert found.model == ModelStatus(
        type="HuggingFace",
        algorithm="qwen2",
        weights=WeightsStatus(
            format="Safetensors",
            architecture="Qwen2ForCausalLM",
            dtype="bfloat16",
            context_length=512,
            parameters=256 * 64 + 64,
            bytes=256 * 64 * 2 + 64 * 4,
            size="32.2 KiB",
            tensor_bytes={"BF16": 256 * 64 * 2, "F32": 64 * 4},
            license="apache-2.0",
            license_file="LICENSE",
            tokenizer=True,
            layers=2,
            attention_heads=4,
            key_value_heads=2,
            cache_values=128,
        ),
    )
    assert [entry.path for entry in found.manifest.entries] == sorted(folder())
    assert (found.runtime, found.warnings) == (None, ())


async def test_of_shards_each_is_read_up_to_its_header() -> None:
    store = bucket(sharded())
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.parameters == 256 * 64 + 64
    shards = [part for part in store.parts if part[0].endswith(".safetensors")]
    assert [start for _, start, _ in shards] == [0, 0]
    assert all(length <= FIRST_BYTES for *_, length in shards)


async def test_of_a_large_file_no_tensor_is_read() -> None:
    store = bucket(folder(model__safetensors=safetensors({"embed": ("F32", (1024, 1024))})))
    assert isinstance(await look(store), Valid)
    assert sum(length for path, _, length in store.parts if path == "model.safetensors") == FIRST_BYTES


async def test_of_a_long_header_the_rest_is_read_by_a_second_range() -> None:
    store = bucket(folder(model__safetensors=safetensors({f"layer.{n}": ("F32", (1,)) for n in range(2000)})))
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.parameters == 2000
    (_, *first), (_, *second) = [part for part in store.parts if part[0] == "model.safetensors"]
    assert first == [0, FIRST_BYTES]
    assert second[0] == FIRST_BYTES


async def test_what_config_json_does_not_state_is_taken_from_the_tensors() -> None:
    config = json.dumps({"architectures": ["Foo"], "model_type": "foo"}).encode()
    found = await weights(folder(config__json=config))
    assert (found.dtype, found.context_length, found.layers) == ("bfloat16", None, None)


async def test_weights_may_lie_in_model() -> None:
    found = await look(bucket({f"model/{path}": data for path, data in sharded().items()}))
    assert isinstance(found, Valid)
    assert found.uri == "obs://models/qwen/model/"


async def test_other_formats_are_never_looked_into() -> None:
    store = bucket(folder(model__safetensors=None) | {"pytorch_model.bin": b"\x80\x04pickle"})
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert (found.model.weights.format, found.model.weights.bytes) == ("Other", 8)
    assert (found.model.weights.parameters, found.model.weights.tensor_bytes) == (None, None)
    assert "pytorch_model.bin" not in store.asked
    assert (
        "'pytorch_model.bin') are in no safetensors files beside config.json: they are not looked into"
        in found.warnings[0]
    )


async def test_weights_without_a_tokenizer_are_taken_with_a_warning() -> None:
    found = await look(bucket(folder(tokenizer__json=None)))
    assert isinstance(found, Valid)
    assert found.warnings == ("no tokenizer lies beside the weights: most engines need one to serve text",)


async def test_what_msmodelslim_quantized_is_recognized_by_its_description() -> None:
    assert (await weights(folder() | {"quant_model_description_w8a8.json": b"{}"})).quantization == "ascend"


@pytest.mark.parametrize(
    ("files", "reason", "words"),
    [
        pytest.param(
            folder(model__safetensors=None),
            Reason.MODEL_FILES_MISSING,
            "no weights lie beside or below it",
            id="no weights",
        ),
        pytest.param(
            {path: data for path, data in sharded().items() if path != FIRST},
            Reason.MODEL_FILES_MISSING,
            f"model.safetensors.index.json names 2 files, of which '{FIRST}' do not exist: upload them",
            id="a shard is missing",
        ),
        pytest.param(
            folder(model__safetensors=b"version https://git-lfs.github.com/spec/v1\noid"),
            Reason.WEIGHTS_INVALID,
            "model.safetensors: it is a pointer of Git LFS",
            id="a pointer",
        ),
        pytest.param(
            folder(model__safetensors=b""), Reason.WEIGHTS_INVALID, "model.safetensors: it has 0 bytes", id="empty"
        ),
        pytest.param(
            folder(model__safetensors=safetensors({"a": ("F32", (9,))})[:-1]),
            Reason.WEIGHTS_INVALID,
            "model.safetensors: its tensors end at byte 36 of 35: the file is cut off",
            id="cut off",
        ),
        pytest.param(
            sharded() | {"model.safetensors.index.json": b"[]"},
            Reason.WEIGHTS_INVALID,
            "model.safetensors.index.json: it begins with '[]'",
            id="an index that is none",
        ),
        pytest.param(
            sharded() | {"model.safetensors.index.json": index({})},
            Reason.WEIGHTS_INVALID,
            "model.safetensors.index.json: its weight_map names no file",
            id="an index without files",
        ),
        pytest.param(
            sharded() | {"model.safetensors.index.json": index({"a": "../../secrets"})},
            Reason.MODEL_FILES_MISSING,
            "'../../secrets' do not exist",
            id="an index that leads out",
        ),
        pytest.param(
            {f"{n}.safetensors": b"" for n in range(1025)} | folder(model__safetensors=None),
            Reason.LIMIT_EXCEEDED,
            "1025 safetensors files lie in ./; at most 1024 are read",
            id="many files",
        ),
    ],
)
async def test_weights_that_cannot_be_are_refused_by_name(
    files: Mapping[str, bytes], reason: Reason, words: str
) -> None:
    found = await refusal(files)
    assert found[0] is reason
    assert words in found[1]


async def test_the_faults_of_several_shards_come_together() -> None:
    files = {path: b"x" if path.endswith("tensors") else data for path, data in sharded().items()}
    _, message = await refusal(files)
    assert message.count("it has 1 bytes: too few for a header") == 2


async def test_a_shard_that_is_replaced_meanwhile_is_read_again() -> None:
    store = bucket(sharded())

    def replace(read: int) -> None:
        if read == 3:
            store.files[FIRST] = safetensors({"embed": ("F16", (256, 64))})

    store.before["read"] = replace
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.tensor_bytes == {"F16": 256 * 64 * 2, "F32": 256}


async def test_a_config_of_modelarts_beside_safetensors_stays_a_package() -> None:
    found = await look(bucket({**PACKAGE, "model.safetensors": b"", "tokenizer.json": b"{}"}))
    assert isinstance(found, Valid)
    assert (found.model.type, found.model.weights) == ("PyTorch", None)


async def test_a_folder_without_config_json_is_taken_only_for_what_can_serve_it() -> None:
    files = {"model-settings.json": b"{}", "model.joblib": b"w"}
    refused = await look(bucket(files))
    assert isinstance(refused, Invalid)
    assert refused.reason is Reason.CONFIG_MISSING
    assert refused.message.endswith(
        "only an image of your own (container.image) or a runtime with a server of its own (spec.runtime) takes a "
        "folder without one"
    )
    found = await look(bucket(files), Terms(takes_folders=True))
    assert isinstance(found, Valid)
    assert found.model == ModelStatus(type="Folder", algorithm="undefined")
    assert [entry.path for entry in found.manifest.entries] == sorted(files)


async def test_what_can_serve_a_folder_gets_weights_and_packages_as_they_are() -> None:
    for files, kind in ((folder(), "HuggingFace"), (PACKAGE, "PyTorch")):
        found = await look(bucket(files), Terms(takes_folders=True))
        assert isinstance(found, Valid)
        assert found.model.type == kind


async def test_a_config_json_that_cannot_be_read_is_refused_as_before() -> None:
    found = await look(bucket(folder(config__json=json.dumps(CONFIG)[:-1].encode())))
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CONFIG_INVALID


async def test_headers_that_are_long_all_together_are_not_all_read() -> None:
    names = [f"model-{number:05}-of-00017.safetensors" for number in range(1, 18)]
    padded = with_length(header({"t": ("F32", (0,))}).ljust(MAX_HEADER_BYTES))
    files = {**folder(model__safetensors=None), **dict.fromkeys(names, padded)}
    found = await refusal(files | {INDEX: index({name: name for name in names})})
    assert found[0] is Reason.WEIGHTS_INVALID
    assert f"at most {MAX_HEADERS_BYTES} are read" in found[1]


class SlowRanges(Bucket):
    """Knows how many ranges were read at the same time that do not begin a file."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(files, "qwen/")
        self.now = self.most = 0

    @override
    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        self.now += bool(start)
        self.most = max(self.most, self.now)
        for _ in range(9):
            await asyncio.sleep(0)
        self.now -= bool(start)
        return await super().read_range(location, credentials, listed, start, length)


@pytest.mark.parametrize(("length", "at_once"), [(SHORT_READ_BYTES, 4), (SHORT_READ_BYTES + 1, 1)])
async def test_of_long_headers_one_is_read_at_a_time(length: int, at_once: int) -> None:
    padded = with_length(header({"t": ("F32", (0,))}).ljust(length))
    store = SlowRanges(folder(model__safetensors=None) | {f"{number}.safetensors": padded for number in range(8)})
    assert isinstance(await look(store), Valid)
    assert store.most == at_once
