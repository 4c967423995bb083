"""What a process could not finish is told to the next one, or begun anew."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from tests.support.fake_api import FakeApi
from typing_extensions import override

from aiapp.domain.kubernetes.resources import CONFIG_MAPS
from aiapp.ports.kubernetes import ApiError
from aiapp.ports.registry import Resumable
from aiapp.reconcile.upload_log import KEY, NAME, UploadLog

UPLOADS = {"copies/a@sha256:0": "8 http://own/v2/copies/a/blobs/uploads/1"}


@dataclass
class Copier(Resumable):
    uploads: dict[str, str] = field(default_factory=dict)

    @override
    def unfinished(self) -> Mapping[str, str]:
        return self.uploads

    @override
    def remember(self, uploads: Mapping[str, str]) -> None:
        self.uploads |= uploads


async def ran(api: FakeApi, copier: Copier) -> None:
    """Copies that were stopped."""

    async def stopped() -> None:
        raise asyncio.CancelledError

    with suppress(asyncio.CancelledError):
        await UploadLog(api, "system", copier).run(stopped)


async def test_what_was_not_finished_is_told_to_the_next_process() -> None:
    api, copier = FakeApi(), Copier()
    await ran(api, Copier(dict(UPLOADS)))
    await ran(api, copier)
    assert copier.uploads == UPLOADS
    assert api.writes == ["apply"]


async def test_where_all_was_finished_nothing_is_written() -> None:
    api = FakeApi()
    await ran(api, Copier())
    assert api.writes == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', pytest.param("[" * 100_000, id="too deep")])
async def test_what_somebody_else_has_written_there_is_left_out(text: str) -> None:
    api, copier = FakeApi(), Copier()
    metadata = {"name": NAME, "namespace": "system"}
    api.hold({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: text}}, "uid")
    await ran(api, copier)
    assert copier.uploads == {}


@pytest.mark.parametrize("call", ["get", "apply"])
async def test_an_api_server_that_refuses_costs_time_alone(call: str, caplog: pytest.LogCaptureFixture) -> None:
    api = FakeApi()

    def refuse() -> None:
        raise ApiError(403, "Forbidden", "not allowed")

    api.before[call] = refuse
    await ran(api, Copier(dict(UPLOADS)))
    assert "unfinished copies of images are not" in caplog.text
    assert (CONFIG_MAPS, "system", NAME) not in api.objects or call == "get"
