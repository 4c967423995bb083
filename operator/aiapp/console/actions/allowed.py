"""Which of them a person may carry out, by the API server's own word."""

import asyncio
from collections.abc import Iterable

from aiapp.console.actions.submission import Action
from aiapp.domain.kubernetes.resources import Resource
from aiapp.queries.cluster import UserCluster


async def allowed(cluster: UserCluster, name: str, actions: Iterable[Action]) -> list[Action]:
    """Each right is asked for once. Raises `ApiError`."""
    found = list(actions)
    rights: list[tuple[str, Resource]] = list(dict.fromkeys((one.verb, one.resource) for one in found))
    answers = await asyncio.gather(*(cluster.allowed(verb, resource, name) for verb, resource in rights))
    granted = {right for right, answer in zip(rights, answers, strict=True) if answer}
    return [one for one in found if (one.verb, one.resource) in granted]
