import asyncio

import pytest
from tests.support.fake_api import FakeApi

from aiapp.ports.kubernetes import ApiError
from aiapp.reconcile.views import own_image
from aiapp.reconcile.views.own_image import OwnImage

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "operator-1", "namespace": "system"},
    "spec": {"containers": [{"name": "proxy", "image": "r/proxy:1"}, {"name": "operator", "image": "r/op:2"}]},
}


async def known(view: OwnImage) -> str:
    task = asyncio.create_task(view.run())
    await asyncio.wait_for(view.synced.wait(), 30)
    assert not task.done()
    task.cancel()
    return view.image


async def test_the_image_is_that_of_the_operators_container() -> None:
    api = FakeApi()
    api.hold(POD, "1")
    assert await known(OwnImage(api, "system", "operator-1", "given:1")) == "r/op:2"


async def test_without_a_pod_it_is_the_given_one() -> None:
    assert await known(OwnImage(FakeApi(), "system", "", "given:1")) == "given:1"


async def test_a_pod_that_cannot_be_read_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(own_image, "RETRY_SECONDS", 0)
    api = FakeApi()
    api.hold(POD, "1")

    def refuse() -> None:
        raise ApiError(403, "Forbidden", "not for you")

    api.before["get"] = refuse
    assert await known(OwnImage(api, "system", "operator-1", "given:1")) == "r/op:2"
    assert "looking at the operator's own pod: 403 Forbidden: not for you" in caplog.text
