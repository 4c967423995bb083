import pytest

from aiapp_sandbox import debian
from aiapp_sandbox.progress import Silent


def test_nothing_is_installed_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "missing", lambda: ())
    monkeypatch.setattr(debian, "_run", lambda _: pytest.fail("must not be called"))
    assert debian.prepare(Silent()) == ()


def test_without_root_it_only_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "missing", lambda: ("runc",))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "_run", lambda _: pytest.fail("must not be called"))
    assert debian.prepare(Silent()) == ("runc",)


def test_as_root_the_missing_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([("runc", "buildah"), ()])
    commands: list[list[str]] = []
    monkeypatch.setattr(debian, "missing", lambda: next(answers))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(debian, "_run", lambda command: commands.append(list(command)))
    assert debian.prepare(Silent()) == ()
    assert [command[1] for command in commands] == ["update", "install"]
    assert commands[1][-2:] == ["runc", "buildah"]
