"""A manifest in ConfigMaps: one where it fits, several where it does not, the same either way when read back."""

import base64
import gzip
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.records import normal_version, observed

from aiapp.api.artifact import ManifestReference
from aiapp.domain.application.plan import plan
from aiapp.domain.artifact import manifest_config_map as desired
from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import composed, decode
from aiapp.domain.records import VersionRecord

MANY = composed(Entry(f"{number:04d}", number, f"{number * 7919:032x}") for number in range(500))


def test_a_small_manifest_lies_in_one_config_map_named_by_its_pin() -> None:
    (config_map,) = desired.manifest_objects(MANY)
    assert config_map["metadata"]["name"] == f"aiapp-manifest-{MANY.pin.removeprefix('sha256:')[:32]}"
    assert config_map["immutable"]
    assert config_map["binaryData"] == {"manifest.gz": base64.b64encode(MANY.payload).decode()}
    assert desired.manifest_reference(MANY).parts is None


@given(st.integers(1, 6000))
def test_split_and_joined_it_is_the_same(part_bytes: int) -> None:
    config_maps = desired.manifest_objects(MANY, part_bytes)
    reference = desired.manifest_reference(MANY, part_bytes)
    assert tuple(c["metadata"]["name"] for c in config_maps) == desired.config_map_names(reference)
    assert reference.parts == (None if len(config_maps) == 1 else len(config_maps))
    assert decode(desired.joined(config_maps)) == MANY


def test_the_parts_are_named_in_order_and_unpack_with_common_tools(tmp_path: Path) -> None:
    config_maps = desired.manifest_objects(MANY, 2000)
    name = desired.manifest_reference(MANY).name
    assert [c["metadata"]["name"] for c in config_maps] == [name, f"{name}-1", f"{name}-2"]
    for config_map in config_maps:
        for key, value in config_map["binaryData"].items():
            (tmp_path / key).write_bytes(base64.b64decode(value))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.gz.00", "manifest.gz.01", "manifest.gz.02"]
    unpacked = subprocess.run("cat manifest.gz.* | gunzip", shell=True, cwd=tmp_path, capture_output=True, check=True)
    assert unpacked.stdout == gzip.decompress(MANY.payload)


def test_a_request_with_a_whole_part_stays_below_one_mebibyte() -> None:
    assert desired.PART_BYTES * 4 / 3 + 4096 < 1 << 20


@pytest.mark.parametrize(
    "held",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"data": {"manifest.gz": "x"}}, id="text"),
        pytest.param({"binaryData": {"manifest.gz.00": "eA==", "manifest.gz.01": "eA=="}}, id="two parts"),
    ],
)
def test_a_config_map_that_holds_no_part_is_named(held: dict[str, object]) -> None:
    with pytest.raises(ManifestError, match="ConfigMap m-1 does not hold a part"):
        desired.joined([{"metadata": {"name": "m-1"}, **held}])


def test_pods_mount_the_parts_of_a_large_manifest_in_one_folder() -> None:
    raw = normal_version().raw
    artifact = raw["status"]["artifact"] | {"manifestRef": {"name": "m", "parts": 3}}
    record = VersionRecord.parse(raw | {"status": raw["status"] | {"artifact": artifact}})
    deployment = next(obj for obj in plan(observed(None, record)).apply if obj["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    volume = next(volume for volume in spec["volumes"] if volume["name"] == "manifest")
    names = [source["configMap"]["name"] for source in volume["projected"]["sources"]]
    assert names == list(desired.config_map_names(ManifestReference(name="m", parts=3))) == ["m", "m-1", "m-2"]
    arguments = spec["initContainers"][0]["args"]
    assert arguments[arguments.index("--manifest") + 1] == "/etc/aiapp/manifest"
