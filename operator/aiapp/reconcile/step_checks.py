"""Asks for the checks at the end of a step. Never decides what an answer means."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from aiapp.domain.application.traffic.checks import Answer, Check, Verdict, verdict
from aiapp.ports.prometheus import Prometheus, PrometheusError

ALL_SECONDS: Final = 15.0
"""For all queries of one look: a worker waits for them."""


class StepChecks:
    """The checks of all applications."""

    def __init__(self, prometheus: Prometheus, offered: Mapping[str, str]) -> None:
        self._prometheus = prometheus
        self.offered = offered
        """The administrator's queries by name."""

    async def verdict(self, asked: Iterable[Check], *, namespace: str) -> Verdict:
        """What the checks come to now; what is not answered in time is no pass."""
        found = tuple(asked)
        answers: dict[str, Answer] = {}
        try:
            async with asyncio.timeout(ALL_SECONDS):
                for query in dict.fromkeys(check.query for check in found if check.query is not None):
                    answers[query] = await self._answer(query, namespace)
        except TimeoutError:
            pass  # those that were not asked have no answer
        return verdict(found, answers, self.offered)

    async def _answer(self, query: str, namespace: str) -> Answer:
        try:
            return await self._prometheus.number(query, tenant=namespace)
        except PrometheusError as error:
            return str(error)
