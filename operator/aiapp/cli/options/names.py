"""What shells complete with names from the cluster, by what a command calls its parameters. Fails in silence.

Loaded only to complete a line.
"""

import asyncio
import contextlib
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

from aiapp.adapters.kube.credentials import contexts
from aiapp.cli.options.cluster import ClusterChoice, connected
from aiapp.queries import names
from aiapp.queries.cluster import UserCluster

SECONDS: Final = 2.0
"""Longest wait for the cluster: somebody is typing."""

Completion = Callable[[click.Context], list[str]]
Query = Callable[[UserCluster, click.Context], Awaitable[list[str]]]


class Name(click.types.StringParamType):
    """A text that a shell completes; `with_files`: or the path of a file."""

    def __init__(self, names: Completion, *, with_files: bool = False) -> None:
        self.names = names
        self.with_files = with_files

    @override
    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known: list[str] = []
        with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
            known = self.names(ctx)
        items = [CompletionItem(name) for name in known if name.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="file")] if self.with_files else items


def completing(command: click.Command) -> None:
    """Lets the parameters of a command complete what their names stand for."""
    for param in command.params:
        if param.type is click.STRING and (name := _BY_PARAMETER.get(param.name or "")) is not None:
            param.type = name
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        completing(child)


def _asking(query: Query) -> Completion:
    def names_of(ctx: click.Context) -> list[str]:
        choice = ClusterChoice(*(ctx.params.get(key) for key in ("kubeconfig", "context", "namespace")))

        async def bounded() -> list[str]:
            async with asyncio.timeout(SECONDS):
                return await connected(choice, lambda cluster: query(cluster, ctx))

        return asyncio.run(bounded())

    return names_of


async def _applications(cluster: UserCluster, _: click.Context) -> list[str]:
    return await names.applications(cluster)


async def _versions(cluster: UserCluster, ctx: click.Context) -> list[str]:
    """Numbers, where the command names the application; what was given already is not given again."""
    if (application := ctx.params.get("application")) is None:
        return await names.versions(cluster)
    return await names.numbers(cluster, application)


async def _either(cluster: UserCluster, _: click.Context) -> list[str]:
    return [*await names.applications(cluster), *await names.versions(cluster)]


async def _namespaces(cluster: UserCluster, _: click.Context) -> list[str]:
    return await names.namespaces(cluster)


async def _runtimes(cluster: UserCluster, _: click.Context) -> list[str]:
    return await names.runtimes(cluster)


async def _pods(cluster: UserCluster, ctx: click.Context) -> list[str]:
    return await names.pods(cluster, ctx.params["application"])


def _contexts(ctx: click.Context) -> list[str]:
    return contexts(ctx.params.get("kubeconfig"))


_APPLICATION: Final = Name(_asking(_applications))
_VERSION: Final = Name(_asking(_versions))
_BY_PARAMETER: Final[Mapping[str, Name]] = {
    "application": _APPLICATION,
    "applications": _APPLICATION,
    "version": _VERSION,
    "versions": _VERSION,
    "base": _VERSION,
    "before": _VERSION,
    "after": _VERSION,
    "rest": Name(_asking(_versions), with_files=True),
    "target": Name(_asking(_versions), with_files=True),
    "name": Name(_asking(_either)),
    "names": Name(_asking(_either)),
    "namespace": Name(_asking(_namespaces)),
    "context": Name(_contexts),
    "runtime": Name(_asking(_runtimes)),
    "pod": Name(_asking(_pods)),
}
