"""`aiapp check` and `aiapp openapi` on packages in a real S3 server."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.integration.importing.conftest import Inspect, Upload
from tests.integration.importing.test_inspect import PACKAGE, without
from tests.support.sandbox import Bucket

from aiapp.cli import main
from aiapp.domain.package.inspection import Valid


@pytest.fixture
def keys(bucket: Bucket, tmp_path: Path) -> Path:
    """The bucket's keys as a mounted Secret."""
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "accessKeyId").write_text(bucket.access_key)
    (folder / "secretAccessKey").write_text(f"{bucket.secret_key}\n")
    return folder


def aiapp(word: str, bucket: Bucket, keys: Path, *options: str, path: str = "mnist") -> Result:
    where = [f"obs://{bucket.name}/{path}/", "--endpoint", bucket.endpoint, "--allow-http", "--credentials", str(keys)]
    return CliRunner().invoke(main, [word, *where, *options], catch_exceptions=False)


async def test_a_package_is_judged_and_pinned_as_by_the_operator(
    bucket: Bucket, keys: Path, upload: Upload, look: Inspect
) -> None:
    upload(PACKAGE)
    imported = await look()
    assert isinstance(imported, Valid)
    # In a thread, since the command has an event loop of its own, as a process has.
    checked = await asyncio.to_thread(aiapp, "check", bucket, keys, "-o", "json")
    assert checked.exit_code == 0
    (result,) = json.loads(checked.stdout)["results"]
    assert result["package"]["artifact"]["pin"] == imported.manifest.pin
    assert result["package"]["model"] == imported.model.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_a_faulty_package_is_refused(bucket: Bucket, keys: Path, upload: Upload) -> None:
    upload({**without("model/digits.pth"), "model/customize_service.py": b"def f(:\n"})
    found = aiapp("check", bucket, keys)
    assert found.exit_code == 1
    lines = [line for line in found.stdout.splitlines() if ": error: " in line]
    assert [line.rpartition(" ")[2] for line in lines] == ["[ModelFilesMissing]", "[ServiceCodeInvalid]"]
    assert lines[1].startswith(f"obs://{bucket.name}/mnist/model/customize_service.py:1:7: error: ")


def test_an_empty_folder_is_refused(bucket: Bucket, keys: Path) -> None:
    found = aiapp("check", bucket, keys)
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (1, f"obs://{bucket.name}/mnist/: refused: PrefixEmpty")


def test_a_wrong_key_is_no_verdict(bucket: Bucket, keys: Path, upload: Upload) -> None:
    upload(PACKAGE)
    (keys / "secretAccessKey").write_text("wrong")
    found = aiapp("check", bucket, keys)
    assert found.exit_code == 3
    assert "[AccessDenied]" in found.stdout
    shown = aiapp("openapi", bucket, keys)
    assert shown.exit_code == 3
    assert "AccessDenied" in shown.stderr


def test_apis_of_a_package_in_a_store_are_shown(bucket: Bucket, keys: Path, upload: Upload) -> None:
    upload(PACKAGE)
    found = aiapp("openapi", bucket, keys)
    assert found.exit_code == 0
    shown = yaml.safe_load(found.stdout)
    assert (shown["openapi"], shown["info"]["title"]) == ("3.1.0", "mnist")
    assert list(shown["paths"]["/"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]
    assert "read leniently: /apis/0/procotol: read as protocol" in found.stderr
