"""Options of commands that read a cluster, and the connection that they stand for, with the user's own rights."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from aiapp.domain.kubernetes.resources import APPLICATIONS, RUNTIMES, VERSIONS
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, NotFoundError
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError

ANSWER_SECONDS: Final = 10.0
"""Longest wait for one answer of the API server."""
UNKNOWN_KINDS: Final = f"this cluster does not know the kinds of {RUNTIMES.api_version}: install the operator first"

_LISTED: Final = tuple(f"{kind.plural}.{kind.group} " for kind in (APPLICATIONS, VERSIONS))
"""How the API server begins to say that there is no such object."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ClusterChoice:
    """What the options say: which cluster, which namespace. None: what the kubeconfig says."""

    kubeconfig: str | None
    context: str | None
    namespace: str | None


def cluster_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Adds `-n`, `--context` and `--kubeconfig` to a click command, which gets them as `choice: ClusterChoice`."""

    @click.option("-n", "--namespace", help="Namespace. Default: the context's.")
    @click.option("--context", help="Context of the kubeconfig. Default: the current one.")
    @click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Default: as kubectl finds it.")
    @functools.wraps(command)
    def gathered(namespace: str | None, context: str | None, kubeconfig: str | None, **others: Any) -> Result:
        return command(choice=ClusterChoice(kubeconfig, context, namespace), **others)

    return gathered


def answered(choice: ClusterChoice, question: Callable[[UserCluster], Awaitable[Result]]) -> Result:
    """The answer. Ends the command with a message: exit code 2 without a cluster, 1 if there is no answer."""
    # Imported here: `--help` must not wait for them.
    from aiapp.adapters.kube.credentials import NoClusterError  # noqa: PLC0415

    with failing_with_messages():
        try:
            return asyncio.run(connected(choice, question))
        except NoClusterError as error:
            raise click.UsageError(str(error)) from error


@contextmanager
def failing_with_messages() -> Iterator[None]:
    """Ends the command with exit code 1 and the message of a query or of the API server that fails."""
    try:
        yield
    except QueryError as error:
        raise click.ClickException(_printable(error.message)) from error
    except ApiError as error:
        raise click.ClickException(_printable(_explained(error))) from error


def told(result: object) -> bool:
    """Whether a result is the error of one query among several, which then is told on standard error."""
    if not isinstance(result, BaseException):
        return False
    try:
        with failing_with_messages():
            raise result
    except click.ClickException as error:
        error.show()
    return True


def _printable(message: str) -> str:
    """Fit for a terminal: what models and objects say may be in it."""
    return "".join(one if one.isprintable() or one in "\n\t" else "?" for one in message)


def _explained(error: ApiError) -> str:
    """The API server's words; of our own kinds also where to look for an object, and the role that gives a right."""
    if error.reason == NOT_SERVED:
        return UNKNOWN_KINDS
    if isinstance(error, NotFoundError) and error.message.startswith(_LISTED):
        return f"{error.message}: `aiapp list` shows what the namespace has, and -n names another one"
    if error.status != FORBIDDEN or f'API group "{RUNTIMES.group}"' not in error.message:
        return error.message
    is_reading = any(f"cannot {verb} " in error.message for verb in ("get", "list", "watch"))
    return f"{error.message}; ClusterRole {'aiapp-view' if is_reading else 'aiapp-edit'} gives that right"


async def connected(choice: ClusterChoice, question: Callable[[UserCluster], Awaitable[Result]]) -> Result:
    """The answer. Raises `NoClusterError`, `ApiError` and what the question raises."""
    import time  # noqa: PLC0415

    import aiohttp  # noqa: PLC0415

    from aiapp.adapters.kube.client import KubeApi, Timing  # noqa: PLC0415
    from aiapp.adapters.kube.credentials import KubeCredentials, load, namespace, session  # noqa: PLC0415

    credentials = KubeCredentials(lambda: load(choice.kubeconfig, choice.context), time.monotonic)
    timing = Timing(attempt=ANSWER_SECONDS, total=ANSWER_SECONDS)
    async with aiohttp.TCPConnector(ssl=credentials.tls) as connector, session(credentials, connector) as opened:
        where = choice.namespace or namespace(choice.kubeconfig, choice.context)
        return await question(UserCluster(KubeApi(opened, credentials.server, timing), where))
