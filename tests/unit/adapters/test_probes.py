"""What the kubelet and Prometheus are answered."""

import aiohttp

from aiapp.adapters.http.probes import Probes
from aiapp.adapters.metrics.metrics import CONTENT_TYPE, Metrics
from aiapp.domain.monitoring import definitions
from aiapp.domain.monitoring.sample import Sample


async def answered(path: str, metrics: Metrics, *complaints: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    probes = Probes(lambda: complaints, lambda: complaints, metrics)
    host, port = await probes.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}{path}") as response:
            return response.status, response.headers["Content-Type"], await response.text()
    finally:
        await probes.stop()


async def test_a_scrape_tells_how_things_are_at_that_moment() -> None:
    metrics, now = Metrics("api:443"), [1.0]
    metrics.sample(lambda: [Sample(definitions.RUNTIME_NPUS_FREE, ("r",), now[0])])
    for value in (1.0, 7.0):
        now[0] = value
        status, content_type, body = await answered("/metrics", metrics)
        assert (status, content_type) == (200, CONTENT_TYPE)
        assert f'aiapp_runtime_npus_free{{runtime="r"}} {value}' in body.splitlines()


async def test_a_probe_says_what_is_wrong() -> None:
    assert (await answered("/readyz", Metrics("api:443")))[0] == 200
    status, _, body = await answered("/readyz", Metrics("api:443"), "Pod are not listed yet")
    assert (status, body) == (503, "Pod are not listed yet\n")
