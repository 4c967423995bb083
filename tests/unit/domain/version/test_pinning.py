"""What stands against pinning a package that is valid in itself."""

from typing import Any

import pytest
from tests.support.records import PIN, fresh_version, normal_version

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.naming import digest_config_map, image_config_map, manifest_config_map
from aiapp.domain.kubernetes.trimming import trimmed_config_map
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.pinning import Shared, pinned_otherwise, too_many_manifests

HERE, BEFORE = (f"sha256:{digit * 64}" for digit in "12")
RECORD = fresh_version()


def shared(*config_maps: dict[str, Any]) -> Shared:
    return Shared(record=RECORD, config_maps={one["metadata"]["name"]: one for one in config_maps})


def noted(name: str, uid: str = "a-former-uid", version: str = RECORD.name) -> dict[str, Any]:
    """A ConfigMap on which a version is noted as pinned to it."""
    return {"metadata": {"name": name, "labels": {f"version.aiapp.dev/{version}": uid}}}


NOTHING_AGAINST = [
    pytest.param([], id="nothing is on record"),
    pytest.param([noted(manifest_config_map(HERE))], id="the same content is"),
    pytest.param([noted(f"{manifest_config_map(HERE)}-3")], id="a part of the same content is"),
    pytest.param([noted(manifest_config_map(BEFORE)), noted(manifest_config_map(HERE))], id="the same content is, too"),
    pytest.param([noted(manifest_config_map(BEFORE), RECORD.uid)], id="an import of this very object was interrupted"),
    pytest.param([noted("somebodys")], id="a ConfigMap of another name has the label"),
    pytest.param([noted(manifest_config_map(BEFORE), version="mnist-2.0.0")], id="another version has other content"),
]


@pytest.mark.parametrize("config_maps", NOTHING_AGAINST)
def test_a_version_may_be_pinned_when(config_maps: list[dict[str, Any]]) -> None:
    assert pinned_otherwise(RECORD, [manifest_config_map(HERE)], shared(*config_maps)) is None


@pytest.mark.parametrize("name", [manifest_config_map(BEFORE), digest_config_map(BEFORE)])
def test_other_content_under_the_same_name_is_never_pinned_in_silence(name: str) -> None:
    refused, recorded = (
        pinned_otherwise(RECORD, [manifest_config_map(HERE)], shared(noted(name))),
        manifest_config_map(BEFORE),
    )
    assert refused is not None
    assert refused.reason is Reason.PIN_MISMATCH
    assert refused.message.startswith(
        f"mnist-1.0.0 was pinned to other content before, as ConfigMap {recorded} records"
    )
    assert refused.message.endswith(f"pin what is there now under this number, delete ConfigMap {recorded}")


def test_another_image_under_the_same_name_is_never_pinned_in_silence() -> None:
    before, here = image_config_map(BEFORE), image_config_map(HERE)
    assert pinned_otherwise(RECORD, [here], shared(noted(here))) is None
    refused = pinned_otherwise(RECORD, [here], shared(noted(before)))
    assert refused is not None
    assert refused.message.startswith(
        f"mnist-1.0.0 was pinned to other content before, as ConfigMap {before} records: name the image by the digest "
        "that is recorded there, or register what is there now"
    )


def test_a_package_and_the_image_that_serves_it_are_both_held_to_what_they_were() -> None:
    package, image = manifest_config_map(HERE), image_config_map(HERE)
    assert pinned_otherwise(RECORD, [package, image], shared(noted(package), noted(image))) is None
    other = pinned_otherwise(RECORD, [package, image], shared(noted(package), noted(image_config_map(BEFORE))))
    assert other is not None
    assert image_config_map(BEFORE) in other.message
    now_an_image = pinned_otherwise(RECORD, [image], shared(noted(package)))
    assert now_an_image is not None
    assert "put those very objects back" in now_an_image.message


def test_more_manifests_than_a_namespace_may_keep_are_refused_with_the_setting() -> None:
    assert too_many_manifests(None, 1 << 20) is None
    refused = too_many_manifests(3 << 20, 1 << 20)
    assert refused is not None
    assert refused.reason is Reason.LIMIT_EXCEEDED
    assert "would take 3.0 MiB; the operator keeps 1.0 MiB for each namespace (AIAPP_MAX_MANIFEST_BYTES)" in (
        refused.message
    )


def shared_by(users: int) -> dict[str, Any]:
    """A ConfigMap as the cache keeps it, of that many other versions."""
    owners = [{"uid": f"uid-{number}"} for number in range(users)]
    metadata = {"name": manifest_config_map(PIN), "namespace": "team", "uid": "1", "ownerReferences": owners}
    return trimmed_config_map({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


@pytest.mark.parametrize(
    ("record", "users", "unshared"),
    [
        pytest.param(normal_version(), 3, (manifest_config_map(PIN),), id="a backup left out that it is"),
        pytest.param(normal_version(), 700, (), id="it is one of more than are known"),
        pytest.param(fresh_version(), 700, (), id="it is not pinned"),
    ],
)
def test_a_pinned_version_is_noted_again_where_it_is_known_not_to_be(
    record: VersionRecord, users: int, unshared: tuple[str, ...]
) -> None:
    one = shared_by(users)
    found = Shared(record=record, config_maps={one["metadata"]["name"]: one})
    assert found.unshared == unshared
    assert found.is_held(one["metadata"]["name"]) is (record.package is not None and not unshared)
