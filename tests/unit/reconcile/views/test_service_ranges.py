import asyncio
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from tests.support.fake_api import FakeApi

from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.ports.kubernetes import ApiError, NotFoundError
from aiapp.reconcile.views import service_ranges
from aiapp.reconcile.views.service_ranges import ServiceRanges

BASE = EndpointPolicy(refused_ranges=(ip_network("10.244.0.0/16"),))


def service_cidr(name: str, *cidrs: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": ""}
    spec = {"cidrs": list(cidrs)}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": metadata, "spec": spec}


def failing(error: ApiError) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def looked_once(api: FakeApi) -> tuple[ServiceRanges, list[EndpointPolicy]]:
    heard: list[EndpointPolicy] = []
    ranges = ServiceRanges(api, BASE, heard.append)
    task = asyncio.create_task(ranges.run())
    await asyncio.wait_for(ranges.synced.wait(), 30)
    task.cancel()
    return ranges, heard


async def test_the_ranges_of_all_service_cidrs_complete_the_policy_of_the_settings() -> None:
    api = FakeApi()
    api.hold(service_cidr("kubernetes", "10.96.0.0/16", "fd00:96::/112"), "1")
    api.hold(service_cidr("more", "10.97.0.0/16"), "2")
    ranges, heard = await looked_once(api)
    assert heard == [ranges.policy]
    assert ranges.policy.refused_ranges == BASE.refused_ranges
    assert [str(one) for one in ranges.policy.service_ranges] == ["10.96.0.0/16", "10.97.0.0/16", "fd00:96::/112"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFoundError(404, "NotFound", "no such kind"), id="an older cluster"),
        pytest.param(ApiError(403, "Forbidden", "not for you"), id="older rights"),
    ],
)
async def test_what_is_never_told_is_not_waited_for_but_said(error: ApiError, caplog: pytest.LogCaptureFixture) -> None:
    api = FakeApi()
    api.before["list"] = failing(error)
    ranges, heard = await looked_once(api)
    assert (ranges.policy, heard) == (BASE, [])
    assert "AIAPP_REFUSED_RANGES" in caplog.text


async def test_an_api_server_that_does_not_answer_is_asked_until_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_ranges, "RETRY_SECONDS", 0)
    api = FakeApi()
    api.hold(service_cidr("kubernetes", "10.96.0.0/16"), "1")
    api.before["list"] = failing(ApiError(503, "ServiceUnavailable", "later"))
    ranges, _ = await looked_once(api)
    assert ranges.policy.service_ranges
    assert api.calls == ["list", "list"]


async def test_ranges_that_are_added_later_count_from_the_next_look_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_ranges, "PERIOD_SECONDS", 0)
    api = FakeApi()
    api.hold(service_cidr("kubernetes", "10.96.0.0/16"), "1")
    added: asyncio.Queue[EndpointPolicy] = asyncio.Queue()
    task = asyncio.create_task(ServiceRanges(api, BASE, added.put_nowait).run())
    await asyncio.wait_for(added.get(), 30)
    api.hold(service_cidr("more", "10.97.0.0/16"), "2")
    changed = await asyncio.wait_for(added.get(), 30)
    task.cancel()
    assert len(changed.service_ranges) == 2
