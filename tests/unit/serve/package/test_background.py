"""Waiting for a model that a thread of the constructor still loads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from aiapp.serve.frames import Frame, Setup, text
from aiapp.serve.package import background
from aiapp.serve.package.background import BackgroundLoading
from aiapp.serve.package.loading import Loaded
from aiapp.serve.package.service import KINDS
from aiapp.serve.predict.answering import Answering

REQUEST = Frame(
    text(body={"content_type": "application/json", "content_encoding": "", "query": ""}, accept_encoding=""),
    b'{"a": 1}',
    "1",
)


class Loader:
    """A thread that runs until it is released."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.release = threading.Event()
        self.thread = threading.Thread(target=lambda: (self.release.wait(30), work()), daemon=True)
        self.thread.start()


def watched(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], object] = lambda: None
) -> tuple[BackgroundLoading, Loader]:
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.01)
    watching = BackgroundLoading()
    loader = Loader(work)
    watching.wait_while_busy()
    return watching, loader


def test_a_thread_that_only_waits_does_not_keep_the_service_from_being_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BUSY_SHARE", 1e9)
    _, loader = watched(monkeypatch)

    assert loader.thread.is_alive()
    loader.release.set()


def test_a_thread_that_computes_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BUSY_SHARE", 0.0)
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.01)
    watching = BackgroundLoading()
    loader = Loader()
    threading.Timer(0.05, loader.release.set).start()

    watching.wait_while_busy()

    assert not loader.thread.is_alive()


def test_the_end_of_a_thread_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BUSY_SHARE", 1e9)
    watching, loader = watched(monkeypatch)

    assert not watching.has_ended(0.0)
    loader.release.set()
    assert watching.has_ended(30.0)
    assert not watching.has_ended(30.0)


class Lazy:
    """Fails until its model is there; empties what it is given."""

    def __init__(self) -> None:
        self.model: Callable[[dict[str, int]], int] | None = None
        self.attempts = 0

    def inference(self, data: dict[str, int]) -> int:
        self.attempts += 1
        value = data.pop("a")
        assert self.model is not None
        return self.model({"a": value})


def setup(patience: float) -> Setup:
    return Setup(package="/package", model_name="model", max_body=100, patience=patience, links=[])


def test_a_first_prediction_that_fails_while_the_model_loads_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BUSY_SHARE", 1e9)
    service = Lazy()
    watching, loader = watched(monkeypatch, lambda: setattr(service, "model", lambda data: data["a"]))
    threading.Timer(0.05, loader.release.set).start()

    answer = Answering(Loaded(service, KINDS[-1]), setup(30.0), watching).answer(REQUEST)

    assert (answer.header["status"], answer.content, service.attempts) == (200, b"1", 2)


def test_patience_is_spent_once_in_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(background, "BUSY_SHARE", 1e9)
    watching, loader = watched(monkeypatch)
    answering = Answering(Loaded(Lazy(), KINDS[-1]), setup(0.01), watching)

    answer = answering.answer(REQUEST)
    loader.release.set()

    assert answer.header["code"] == "PredictionFailed"
    assert answering._patience == 0
    assert "AssertionError" in capsys.readouterr().err
