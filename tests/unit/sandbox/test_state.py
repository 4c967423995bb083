import threading
from pathlib import Path

import pytest

from aiapp_sandbox import locks, state
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.locks import exclusive
from aiapp_sandbox.processes import Identity, Process
from aiapp_sandbox.state import Folder, Record, Service


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path / "one")
    found.write(Record(name="one", owner=None, nodes="none", host="127.0.0.1"))
    return found


def process(name: str) -> Process:
    return Process(
        name=name, identity=Identity(pid=1, started="x/1"), log=Path("log"), command=("x",), environment={"KEY": "k"}
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"AIAPP_SANDBOX_HOME": "/x", "XDG_STATE_HOME": "/y"}, "/x", id="the own variable wins"),
        pytest.param({"XDG_STATE_HOME": "/y"}, "/y/aiapp/sandboxes", id="below XDG_STATE_HOME"),
        pytest.param({}, f"{Path.home()}/.local/state/aiapp/sandboxes", id="below the home folder"),
    ],
)
def test_all_state_lies_in_one_folder(environ: dict[str, str], expected: str) -> None:
    assert state.home(environ) == Path(expected)


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "-a", "a" * 33])
def test_a_name_that_could_leave_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be a sandbox's name"):
        state.folder({"AIAPP_SANDBOX_HOME": str(tmp_path)}, name)


def test_a_record_comes_back_as_it_was_written_and_only_its_owner_may_read_it(folder: Folder) -> None:
    folder.add_service("s3", Service(endpoint="http://x", access_key="a", secret_key="b"))
    assert folder.present().services["s3"].secret_key == "b"
    assert folder.record_file.stat().st_mode & 0o777 == 0o600


def test_processes_that_start_at_the_same_time_are_all_recorded(folder: Folder) -> None:
    threads = [threading.Thread(target=folder.add_process, args=(process(f"p{n}"),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {found.name for found in folder.present().processes} == {f"p{n}" for n in range(20)}


def test_a_record_that_cannot_be_read_is_no_record(folder: Folder) -> None:
    folder.record_file.write_text('{"name": ')
    assert folder.read() is None


def test_a_sandbox_that_is_still_starting_is_not_up(folder: Folder) -> None:
    with pytest.raises(SandboxError, match="no sandbox 'one' is up"):
        folder.require()


def test_sandboxes_are_listed_without_files_beside_them(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / ".two.lock").touch()
    assert [found.name for found in state.folders({"AIAPP_SANDBOX_HOME": str(tmp_path)})] == [folder.name]


def test_a_lock_keeps_others_out_and_leaves_no_file(folder: Folder, tmp_path: Path) -> None:
    with folder.lock(wait=False), pytest.raises(SandboxError, match="'one' is being started or stopped by another"):
        folder.lock(wait=False).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_lock_on_a_file_that_the_holder_before_removed_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    locked = locks._locked
    removals = [path]

    def removed_meanwhile(descriptor: int) -> bool:
        if removals:
            removals.pop().unlink()
        return locked(descriptor)

    monkeypatch.setattr(locks, "_locked", removed_meanwhile)
    with exclusive(path), pytest.raises(SandboxError, match="is held by another process"):
        exclusive(path, wait=False).__enter__()


def test_a_process_that_is_started_again_takes_the_place_of_the_one_that_ended(folder: Folder) -> None:
    for name in ("etcd", "s3", "etcd"):
        folder.add_process(process(name))
    assert [found.name for found in folder.present().processes] == ["s3", "etcd"]


def test_how_a_process_was_started_is_not_shown(folder: Folder) -> None:
    folder.add_process(process("s3"))
    assert "KEY" in folder.record_file.read_text()
    assert "KEY" not in state.to_json(folder.present())
