"""Which runtime a version keeps, and when it is looked for anew."""

from typing import Any, Final

import pytest
from tests.support.records import SKLEARN, fresh_version, normal_version

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus, VersionSpec
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolved, Unavailable
from aiapp.domain.version.resolution import runtime_of, takes_folders

PYTORCH: Final = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
CATALOGUE: Final = {
    name: RuntimeSpec(name=name, image="r/any:1", aliases=("python3.7",)) for name in (SKLEARN, PYTORCH)
}
PACKAGE: Final = ModelStatus(type="PyTorch", algorithm="x", runtime="python3.7")


def with_status(record: VersionRecord, **changes: Any) -> VersionRecord:
    """None leaves a part out."""
    status = {key: value for key, value in (record.raw["status"] | changes).items() if value is not None}
    return VersionRecord.parse(record.raw | {"status": status})


def test_a_package_that_was_read_gets_the_runtime_of_its_engine() -> None:
    found = runtime_of(fresh_version(), PACKAGE, CATALOGUE)
    assert isinstance(found, Resolved)
    assert found.status.name == PYTORCH


@pytest.mark.parametrize("chosen", [pytest.param({}, id="nothing"), pytest.param({"runtime": "python3.7"}, id="alias")])
def test_nothing_is_said_of_a_name_that_only_the_package_can_explain(chosen: dict[str, str]) -> None:
    assert (
        runtime_of(fresh_version(**{f"spec__{key}": value for key, value in chosen.items()}), None, CATALOGUE) is None
    )


def test_a_full_name_is_looked_for_before_the_package_is_read() -> None:
    found = runtime_of(fresh_version(spec__runtime="no-such"), None, CATALOGUE)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.RUNTIME_UNKNOWN


@pytest.mark.parametrize("chosen", [pytest.param(None, id="by config.json"), pytest.param("python3.7", id="by spec")])
def test_what_was_resolved_is_kept_although_the_name_means_another_runtime_now(chosen: str | None) -> None:
    """As of versions from before the engine counted: what serves must not be restarted with another image."""
    record = normal_version(**({"spec__runtime": chosen} if chosen else {}))
    found = runtime_of(record, PACKAGE, CATALOGUE)
    assert isinstance(found, Resolved)
    assert found.status.name == SKLEARN


def test_what_was_resolved_before_the_package_could_be_read_is_held_against_its_engine() -> None:
    record = with_status(normal_version(spec__runtime=SKLEARN), model=None)
    found = runtime_of(record, PACKAGE, CATALOGUE)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.ENGINE_MISMATCH


def test_a_runtime_that_is_chosen_later_replaces_the_one_of_config_json() -> None:
    found = runtime_of(normal_version(spec__runtime=PYTORCH), PACKAGE, CATALOGUE)
    assert isinstance(found, Resolved)
    assert found.status.name == PYTORCH


@pytest.mark.parametrize(
    ("spec", "takes"),
    [
        pytest.param({}, False, id="nothing named"),
        pytest.param({"runtime": "mlserver"}, True, id="a runtime with a server of its own"),
        pytest.param({"runtime": "python3.7"}, False, id="a runtime without"),
        pytest.param({"runtime": "unknown"}, False, id="an unknown runtime"),
        pytest.param({"container": {"image": "r/own:1"}}, True, id="an image of one's own"),
        pytest.param({"container": {"port": 80}}, False, id="a container of no image"),
    ],
)
def test_a_folder_without_config_json_is_for_what_brings_a_server(spec: dict[str, Any], *, takes: bool) -> None:
    name = "mlserver_1.7.1-cpu-py_3.11-debian_12-x86_64"
    server = {"command": ["serve"], "readiness": {"path": "/ready"}}
    runtime = RuntimeSpec.model_validate({"name": name, "aliases": ["mlserver"], "server": server})
    known = {**CATALOGUE, name: runtime}
    source = {"obs": {"uri": "obs://models/x/"}}
    version = VersionSpec.model_validate({"application": "x", "version": "1.0.0", "source": source, **spec})
    assert takes_folders(version, known) is takes
