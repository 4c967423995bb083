"""The cluster as a person's command sees it, with that person's own rights. Never writes."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from aiapp.domain.kubernetes.resources import RUNTIMES, Json, Resource
from aiapp.ports import NOT_SERVED, ApiError

if TYPE_CHECKING:
    from aiapp.adapters.kube.client import KubeApi

PATIENCE_SECONDS: Final = 10.0
"""A person waits at most this long for one answer."""
UNKNOWN_KINDS: Final = f"this cluster does not know the kinds of {RUNTIMES.api_version}: install the operator first"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the options say: which cluster, which namespace. None: what the kubeconfig says."""

    kubeconfig: str | None
    context: str | None
    namespace: str | None


@dataclass(frozen=True, slots=True)
class UserCluster:
    """One namespace of a cluster. All methods raise `ApiError`."""

    api: "KubeApi"
    namespace: str

    async def get(self, resource: Resource, name: str) -> Json:
        """One object of the namespace, or of the cluster where the kind has none. Raises `NotFoundError`."""
        return await self.api.get(resource, self.namespace, name)

    async def list(self, resource: Resource, *, selector: str = "") -> list[Json]:
        """The objects of the namespace, or of the cluster where the kind has none."""
        return (await self.api.list(resource, namespace=self.namespace, selector=selector)).items

    def log(self, pod: str, *, container: str, follow: bool) -> AsyncIterator[str]:
        """Lines of a container's log, with `follow` until the container ends."""
        return self.api.log(self.namespace, pod, container=container, follow=follow)


def cluster_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Adds `-n`, `--context` and `--kubeconfig` to a click command, which gets them as `choice: Choice`."""

    @click.option("-n", "--namespace", help="Namespace. Default: the context's.")
    @click.option("--context", help="Context of the kubeconfig. Default: the current one.")
    @click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Default: as kubectl finds it.")
    @functools.wraps(command)
    def gathered(namespace: str | None, context: str | None, kubeconfig: str | None, **others: Any) -> Result:
        return command(choice=Choice(kubeconfig, context, namespace), **others)

    return gathered


def run(choice: Choice, work: Callable[[UserCluster], Awaitable[Result]]) -> Result:
    """The result of `work`. Ends the command with words for people: exit code 2 without a cluster, 1 if it refuses."""
    # Imported here: `--help` must not wait for them.
    from aiapp.adapters.kube.credentials import NoClusterError  # noqa: PLC0415

    try:
        return asyncio.run(_connected(choice, work))
    except NoClusterError as error:
        raise click.UsageError(str(error)) from error
    except ApiError as error:
        raise click.ClickException(UNKNOWN_KINDS if error.reason == NOT_SERVED else error.message) from error


async def _connected(choice: Choice, work: Callable[[UserCluster], Awaitable[Result]]) -> Result:
    import time  # noqa: PLC0415

    import aiohttp  # noqa: PLC0415

    from aiapp.adapters.kube.client import KubeApi, Timing  # noqa: PLC0415
    from aiapp.adapters.kube.credentials import KubeCredentials, load, namespace, session  # noqa: PLC0415

    credentials = KubeCredentials(lambda: load(choice.kubeconfig, choice.context), time.monotonic)
    timing = Timing(attempt=PATIENCE_SECONDS, total=PATIENCE_SECONDS)
    async with aiohttp.TCPConnector(ssl=credentials.tls) as connector, session(credentials, connector) as opened:
        where = choice.namespace or namespace(choice.kubeconfig, choice.context)
        return await work(UserCluster(KubeApi(opened, credentials.server, timing), where))
