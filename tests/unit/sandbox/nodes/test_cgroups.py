"""Control groups, on folders that look like the kernel's."""

from pathlib import Path

import pytest

from aiapp_sandbox.nodes import cgroups

GROUP = "/aiapp-1/host"


@pytest.fixture
def version_one(tmp_path: Path) -> Path:
    for controller in ("cpuset", "memory"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "cgroup.procs").touch()
    (tmp_path / "cpu").symlink_to(tmp_path / "cpuset")
    for name, value in {"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"}.items():
        (tmp_path / "cpuset" / name).write_text(value)
        # The kernel makes these files with the folder; here they have to be there before.
        for folder in ("aiapp-1", "aiapp-1/host"):
            file = tmp_path / "cpuset" / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n")
    return tmp_path


@pytest.fixture
def version_two(tmp_path: Path) -> Path:
    for folder in (tmp_path, tmp_path / "aiapp-1", tmp_path / "aiapp-1/host"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text("cpu memory rdma\n")
        (folder / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.procs").touch()
    return tmp_path


def test_version_one_gets_a_group_per_controller_with_processors_to_run_on(version_one: Path) -> None:
    cgroups.create(GROUP, version_one)
    assert (version_one / "memory/aiapp-1/host").is_dir()
    assert (version_one / "cpuset/aiapp-1/host/cpuset.cpus").read_text() == "0-1\n"
    assert (version_one / "cpuset/aiapp-1/host/cpuset.mems").read_text() == "0\n"


def test_version_two_hands_controllers_down_to_the_group(version_two: Path) -> None:
    cgroups.create(GROUP, version_two)
    for folder in ("", "aiapp-1", "aiapp-1/host"):
        # A plain file keeps the last of the writes, the kernel adds them up.
        assert (version_two / folder / "cgroup.subtree_control").read_text() == "+memory"


def test_a_group_goes_with_all_below_it_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/cgroup.procs").touch()
    (tmp_path / "memory/aiapp-1/host/kubepods/pod-1").mkdir(parents=True)
    (tmp_path / "memory/aiapp-2").mkdir()
    cgroups.remove("/aiapp-1", tmp_path)
    assert [entry.name for entry in (tmp_path / "memory").iterdir() if entry.is_dir()] == ["aiapp-2"]


def test_removing_what_was_never_made_does_nothing(tmp_path: Path) -> None:
    cgroups.remove("/aiapp-1", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_control_groups_cannot_have_nodes(tmp_path: Path) -> None:
    assert not cgroups.writable(tmp_path)
    assert not cgroups.writable(tmp_path / "absent")


def test_a_machine_with_control_groups_can(version_two: Path) -> None:
    assert cgroups.writable(version_two)
