"""Packages in a real S3 server: what is accepted, what is refused with which words, and what is not read again."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.importing.conftest import Inspect, Upload
from tests.support.sandbox import Bucket

from aiapp.api.conditions import Reason
from aiapp.domain.package.inspection import Invalid, Unchanged, Unresolved, Valid

CONFIG = b"""{
  "model_algorithm": "image_classification",
  "model_type": "PyTorch",
  "runtime": "pytorch_1.8.0-cpu-py_3.7-ubuntu_18.04-x86_64",
  "metrics": {"accuracy": 0.97},
  "apis": [{"procotol": "http", "url": "/", "method": "post",
            "request": {"Content-type": "multipart/form-data", "data": {}},
            "response": {"Content-type": "applicaton/json", "data": {}}}],
  "dependencies": [{"installer": "pip",
                    "packages": [{"package_name": "numpy", "package_version": "1.21", "restraint": "ATLEAST"}]}],
}
"""
CODE = b"""from model_service.pytorch_model_service import PTServingBaseService

class Digits(PTServingBaseService):
    pass
"""
PACKAGE: Mapping[str, bytes] = {
    "model/config.json": CONFIG,
    "model/customize_service.py": CODE,
    "model/digits.pth": b"weights",
    "model/": b"",
    "README.md": b"beside the package",
}


def without(path: str) -> dict[str, bytes]:
    return {name: content for name, content in PACKAGE.items() if name != path}


async def test_a_package_is_read_and_what_is_pinned_is_what_lies_below_its_root(look: Inspect, upload: Upload) -> None:
    upload(PACKAGE)
    found = await look()
    assert isinstance(found, Valid)
    assert found.uri.endswith("/mnist/model/")
    assert [(entry.path, entry.size) for entry in found.manifest.entries] == [
        ("config.json", len(CONFIG)),
        ("customize_service.py", len(CODE)),
        ("digits.pth", 7),
    ]
    assert found.runtime == "pytorch_1.8.0-cpu-py_3.7-ubuntu_18.04-x86_64"
    assert found.model.dependencies == ("numpy>=1.21",)
    assert found.model.metrics == {"accuracy": "0.97"}
    assert [api.response_content_type for api in found.model.apis] == ["application/json"]
    assert found.model.repaired == (
        "line 10 column 113: trailing commas ignored",
        "/apis/0/procotol: read as protocol",
        "/apis/0/response/Content-type: 'applicaton/json' read as application/json",
    )


async def test_the_folder_itself_may_hold_the_package(look: Inspect, upload: Upload) -> None:
    upload({path.removeprefix("model/"): content for path, content in PACKAGE.items() if path != "model/"})
    found = await look()
    assert isinstance(found, Valid)
    assert found.uri.endswith("/mnist/")


async def test_a_neighbour_whose_name_begins_alike_is_not_part_of_the_package(
    look: Inspect, upload: Upload, bucket: Bucket
) -> None:
    upload(PACKAGE)
    bucket.client.put_object(Bucket=bucket.name, Key="mnist2/config.json", Body=b"")
    found = await look()
    assert isinstance(found, Valid)
    assert found.manifest.objects == 3


async def test_a_known_listing_is_not_read_again_and_a_new_upload_is(look: Inspect, upload: Upload) -> None:
    upload({**PACKAGE, "model/config.json": b"{"})
    faulty = await look()
    assert isinstance(faulty, Invalid)
    assert await look(faulty.listing) == Unchanged(faulty.listing)
    upload({"model/config.json": CONFIG})
    assert isinstance(await look(faulty.listing), Valid)


@pytest.mark.parametrize(
    ("files", "reason", "words"),
    [
        pytest.param(
            without("model/config.json"),
            Reason.CONFIG_MISSING,
            ["neither config.json nor model/config.json exists"],
            id="no config.json",
        ),
        pytest.param(
            {**PACKAGE, "config.json": CONFIG},
            Reason.CONFIG_AMBIGUOUS,
            ["config.json", "exactly one"],
            id="two of them",
        ),
        pytest.param(
            {**PACKAGE, "model/config.json": b'{\n  "model_type" "PyTorch"\n}'},
            Reason.CONFIG_INVALID,
            ["model/config.json line 2 column 16", "Expecting ':' delimiter"],
            id="invalid JSON",
        ),
        pytest.param(
            {**PACKAGE, "model/config.json": CONFIG.replace(b"image_c", b"1image_c")},
            Reason.CONFIG_INVALID,
            ["model/config.json /model_algorithm", "'1image_classification'", "starts with a letter"],
            id="wrong value",
        ),
        pytest.param(
            {**PACKAGE, "model/config.json": CONFIG.replace(b"PyTorch", b"PyTroch")},
            Reason.MODEL_TYPE_UNSUPPORTED,
            ["model/config.json /model_type", "'PyTroch' is not one of TensorFlow, PyTorch, MindSpore"],
            id="unknown model_type",
        ),
        pytest.param(
            without("model/customize_service.py"),
            Reason.SERVICE_CODE_MISSING,
            ["model/customize_service.py does not exist"],
            id="customize_service.py absent",
        ),
        pytest.param(
            {**PACKAGE, "model/customize_service.py": b"import os\n\ndef f(:\n    pass\n"},
            Reason.SERVICE_CODE_INVALID,
            ["model/customize_service.py line 3 column 7", "invalid syntax"],
            id="customize_service.py with a syntax error",
        ),
        pytest.param(
            {**PACKAGE, "model/customize_service.py": b"#" * (1024 * 1024 + 1)},
            Reason.SERVICE_CODE_INVALID,
            ["model/customize_service.py: it has 1048577 bytes", "1048576"],
            id="customize_service.py too long to read",
        ),
        pytest.param(
            {**PACKAGE, "model/config.json": b" " * (1024 * 1024 + 1)},
            Reason.CONFIG_INVALID,
            ["model/config.json: it has 1048577 bytes"],
            id="config.json too long to read",
        ),
        pytest.param(
            without("model/digits.pth"),
            Reason.MODEL_FILES_MISSING,
            ["no model file for PyTorch in model/", ".pth"],
            id="no model file",
        ),
        pytest.param(
            {**PACKAGE, "model/a\\b": b"x"}, Reason.KEY_REFUSED, ["'mnist/model/a\\\\b'", "backslash"], id="a backslash"
        ),
        pytest.param(
            {**PACKAGE, "model/a\nb": b"x"}, Reason.KEY_REFUSED, ["'mnist/model/a\\nb'", "control"], id="a line feed"
        ),
    ],
)
async def test_a_faulty_package_is_refused_naming_file_place_and_rule(
    look: Inspect, upload: Upload, files: Mapping[str, bytes], reason: Reason, words: list[str]
) -> None:
    upload(files)
    found = await look()
    assert isinstance(found, Invalid)
    assert found.reason is reason
    for word in words:
        assert word in found.message


async def test_nothing_under_the_path_is_said_to_be_so(look: Inspect, bucket: Bucket) -> None:
    assert await look() == Unresolved(
        Reason.PREFIX_EMPTY, f"nothing lies under obs://{bucket.name}/mnist/", retryable=False
    )


async def test_more_objects_than_allowed_are_refused_with_both_numbers(look: Inspect, upload: Upload) -> None:
    upload({f"model/{number}": b"" for number in range(51)})
    found = await look()
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.LIMIT_EXCEEDED
    assert "holds at least 51 objects; the operator allows 50 (AIAPP_MAX_OBJECTS)" in found.message


async def test_code_in_a_package_is_never_executed(look: Inspect, upload: Upload, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    evil = f"open({str(trace)!r}, 'w')\n".encode()
    upload(
        {**PACKAGE, "model/customize_service.py": evil, "model/digits.pth": b"cposix\nsystem\n(S'touch %s'\ntR." % evil}
    )
    assert isinstance(await look(), Valid)
    assert not trace.exists()
