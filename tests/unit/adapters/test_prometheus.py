"""One number from Prometheus, however it answers."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.metrics_server import MetricsServer, answer, metrics_server, vector

from aiapp.adapters.prometheus import ANSWER_BYTES, PrometheusClient, PrometheusSettings
from aiapp.ports.prometheus import PrometheusError


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    with metrics_server() as made:
        yield made


async def asked(url: str, token_file: str | None = None) -> float:
    client = PrometheusClient(PrometheusSettings(url=url, token_file=token_file))
    return await client.number('up{namespace="team"}', tenant="team")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        pytest.param(vector("0.25"), 0.25, id="one series"),
        pytest.param(answer("scalar", [1767355200.0, "7"]), 7, id="a scalar"),
        pytest.param(vector("+Inf"), math.inf, id="infinity"),
    ],
)
async def test_the_number_of_an_instant_query(server: MetricsServer, body: str, number: float) -> None:
    server.body = body
    assert await asked(server.url) == number
    assert server.asked == ['up{namespace="team"}']
    assert server.authorization is None


async def test_nothing_divided_by_nothing_is_not_a_number(server: MetricsServer) -> None:
    server.body = vector("NaN")
    assert math.isnan(await asked(server.url))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param(vector(), 200, "the query yields no series", id="no series"),
        pytest.param(vector("1", "2"), 200, "the query yields 2 series instead of one", id="two series"),
        pytest.param(answer("matrix", []), 200, "the query yields no number but a range", id="a range"),
        pytest.param('{"status": "error", "error": "x"}', 200, "Prometheus did not answer the query", id="an error"),
        pytest.param('{"error": "parse"}', 400, "Prometheus answers with status 400", id="a query that is wrong"),
        pytest.param("", 302, "Prometheus answers with status 302", id="a login page"),
        pytest.param("<html>", 200, "Prometheus's answer is none to an instant query", id="a page of a proxy"),
        pytest.param("[]", 200, "Prometheus's answer is none to an instant query", id="something else"),
        pytest.param(vector("x"), 200, "Prometheus's answer is none to an instant query", id="a word"),
        pytest.param(" " * (ANSWER_BYTES + 1), 200, "Prometheus's answer is too long for one number", id="too much"),
    ],
)
async def test_whatever_is_no_number_is_an_error_without_labels(
    server: MetricsServer, body: str, status: int, said: str
) -> None:
    server.body, server.status = body, status
    with pytest.raises(PrometheusError) as error:
        await asked(server.url)
    assert str(error.value) == said


async def test_a_token_is_read_at_each_query(server: MetricsServer, tmp_path: Path) -> None:
    server.body, token = vector("1"), tmp_path / "token"
    for word in ("old", "new"):
        token.write_text(f"{word}\n")
        await asked(server.url, str(token))
        assert server.authorization == f"Bearer {word}"


async def test_one_that_is_not_there_or_not_set_is_an_error() -> None:
    with pytest.raises(PrometheusError, match="it cannot be reached"):
        await asked("http://127.0.0.1:1")
    with pytest.raises(PrometheusError, match="AIAPP_PROMETHEUS_URL"):
        await asked("")
