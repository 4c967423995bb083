"""An endpoint that is down is tried by one call at a time; whoever else wants it is told at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from aiapp.adapters.endpoints.circuit_breaker import CircuitBreaker, HostDownError
from aiapp.api.conditions import Reason
from aiapp.ports.endpoints import EndpointError
from aiapp.ports.objectstore import ObjectChangedError


def failing(error: EndpointError) -> Callable[[bool], Awaitable[None]]:
    async def call(_: bool) -> None:
        raise error

    return call


async def answer(trying: bool) -> bool:
    return trying


DOWN = HostDownError("store refuses connections")


async def fails(breaker: CircuitBreaker, call: Callable[[bool], Awaitable[object]]) -> EndpointError:
    with pytest.raises(EndpointError) as failed:
        await breaker.call("store", call)
    return failed.value


async def test_while_it_is_down_one_call_tries_and_the_others_fail_at_once() -> None:
    breaker = CircuitBreaker()
    await fails(breaker, failing(DOWN))
    started, release = asyncio.Event(), asyncio.Event()

    async def slow(trying: bool) -> bool:
        started.set()
        await release.wait()
        return trying

    trier = asyncio.create_task(breaker.call("store", slow))
    await started.wait()
    assert (await fails(breaker, answer)).message == DOWN.message
    assert await breaker.call("another", answer) is False
    release.set()
    assert await trier is True
    assert await breaker.call("store", answer) is False


async def test_calls_that_were_waiting_for_their_turn_fail_too() -> None:
    breaker = CircuitBreaker()
    breaker.refuse("store")
    await fails(breaker, failing(DOWN))
    with pytest.raises(EndpointError, match="refuses connections"):
        breaker.refuse("store")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(EndpointError(Reason.ACCESS_DENIED, "no", retryable=False), id="it denies"),
        pytest.param(ObjectChangedError("x"), id="an object changed"),
    ],
)
async def test_an_endpoint_that_answers_is_not_down(error: EndpointError) -> None:
    breaker = CircuitBreaker()
    await fails(breaker, failing(DOWN))
    await fails(breaker, failing(error))
    breaker.refuse("store")


@pytest.mark.parametrize(
    "words", ["cannot be found: its name does not resolve", "does not speak TLS", "did not answer in time"]
)
async def test_what_may_be_the_fault_of_one_tenants_settings_is_not_remembered(words: str) -> None:
    breaker = CircuitBreaker()
    await fails(breaker, failing(EndpointError(Reason.ENDPOINT_UNREACHABLE, words, retryable=True)))
    breaker.refuse("store")


async def test_a_cancelled_try_lets_the_next_one_try() -> None:
    breaker = CircuitBreaker()
    await fails(breaker, failing(DOWN))
    started = asyncio.Event()

    async def endless(_: bool) -> bool:
        started.set()
        return await asyncio.Future()

    trier = asyncio.create_task(breaker.call("store", endless))
    await started.wait()
    trier.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trier
    assert await breaker.call("store", answer) is True
