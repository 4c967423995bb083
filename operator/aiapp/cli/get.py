"""`aiapp get`: all that is known of an application or of a version."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options, told
from aiapp.cli.options.reading import output_option, require_table, watch_option
from aiapp.cli.output.changes import show_pages
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.pages import application_page, version_page
from aiapp.cli.output.table import table
from aiapp.domain.printable import printable
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from aiapp.domain.details.application import ApplicationDetails
    from aiapp.domain.details.calls import Absence, Calls
    from aiapp.domain.details.files import PinnedFile
    from aiapp.domain.details.version import VersionDetails

CALLS = ("VERSION", "CALLS", "FAILED", "PODS")
ABSENT: "Mapping[Absence, str]" = {
    "NoPods": "no pod is ready, so there is nothing to count",
    "NoRight": "you may not ask the pods: it takes the rights to list pods and to get pods/proxy (the ClusterRole edit "
    "has them)",
    "NoMetrics": "its pods count no calls, or did not answer in time: only the model server counts them",
}
HEAD = ("FILE", "SIZE", "SHA-256", "ETAG", "VERSION ID")


@click.command("get")
@click.argument("names", nargs=-1, required=True, metavar="APPLICATION|VERSION...")
@click.option("--files", is_flag=True, help="Of a version: its files, with sizes and digests.")
@click.option("--calls", is_flag=True, help="Of an application: its calls by version, as its pods count them.")
@output_option("table", "name", *FORMATS)
@watch_option
@cluster_options
def command(
    names: tuple[str, ...], output: str, choice: ClusterChoice, *, files: bool, calls: bool, watch: bool
) -> None:
    r"""Show all that is known of applications, or of versions (mnist-1.0.0).

    Of a version: what it is and where it lies, precision, parameters, dependencies, where it can run, health checks,
    the services that use it, provenance, and what is to be mended with its remedy. json and yaml hold all of it; keys
    are never renamed. Its files are those that it is pinned to; their SHA-256 is known once a pod has fetched them.

    --calls adds up the counters of the model server in the ready pods since they started, of 20 pods at most; a call
    with a status of 400 or more has failed. It takes the rights to list pods and to get pods/proxy.

    With --watch the whole page is shown again after each change. It takes one name, as --files and --calls do. Of
    several names json and yaml are a list, and one that there is not keeps none of the others back.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or one of the objects is not there; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp get mnist
      aiapp get mnist mnist-1.0.0
      aiapp get mnist --calls
      aiapp get mnist -w
      aiapp get mnist-1.0.0 -n vision
      aiapp get mnist-1.0.0 --files
      aiapp get mnist-1.0.0 -o json | jq .precision
    """
    names = tuple(dict.fromkeys(names))
    name, *others = names
    if others and (watch or files or calls):
        raise click.UsageError("--watch, --files and --calls take one name")
    if watch:
        _watch(name, output, choice, is_page=not (files or calls))
        return
    if files:
        _show_files(name, output, choice)
        return
    if calls:
        _show_calls(name, output, choice)
        return
    found = answered(choice, lambda cluster: _all_details(cluster, names))
    shown = {name: one for name, one in zip(names, found, strict=True) if not told(one)}
    if shown:
        _show(shown, output, is_list=bool(others))
    click.get_current_context().exit(0 if len(shown) == len(names) else 1)


def _show(found: "Mapping[str, Any]", output: str, *, is_list: bool) -> None:
    if output in FORMATS:
        from aiapp.queries.plain import plain  # noqa: PLC0415 - `--help` must not wait for the models

        documents = plain(found.values())
        click.echo(FORMATS[output](documents if is_list else documents[0]), nl=False)
    elif output == "name":
        for name in found:
            click.echo(f"{'aiapplicationversion' if is_version(name) else 'aiapplication'}.aiapp.dev/{name}")
    else:
        click.echo("\n\n".join(map(_page, found.values())))


def is_version(name: str) -> bool:
    """Whether it names a version: names of applications have no dots."""
    return "." in name


async def _all_details(
    cluster: UserCluster, names: "Sequence[str]"
) -> "list[VersionDetails | ApplicationDetails | BaseException]":
    return await asyncio.gather(*(_details(cluster, name) for name in names), return_exceptions=True)


async def _details(cluster: UserCluster, name: str) -> "VersionDetails | ApplicationDetails":
    from aiapp.queries import details  # noqa: PLC0415

    return await (details.of_version if is_version(name) else details.of_application)(cluster, name)


def _watch(name: str, output: str, choice: ClusterChoice, *, is_page: bool) -> None:
    require_table(output)
    if not is_page:
        raise click.UsageError("--watch shows the page: leave out --files and --calls")
    answered(choice, lambda cluster: show_pages(_pages(cluster, name)))


async def _pages(cluster: UserCluster, name: str) -> "AsyncIterator[str]":
    from aiapp.queries import details  # noqa: PLC0415

    async for found in (details.follow_version if is_version(name) else details.follow_application)(cluster, name):
        yield _page(found)


def _page(details: Any) -> str:
    from aiapp.domain.details.version import VersionDetails  # noqa: PLC0415

    return "\n".join(version_page(details) if isinstance(details, VersionDetails) else application_page(details))


def _show_files(name: str, output: str, choice: ClusterChoice) -> None:
    from aiapp.queries.details import files as of_files  # noqa: PLC0415
    from aiapp.queries.plain import plain  # noqa: PLC0415

    if not is_version(name):
        raise click.UsageError(f"--files is of a version, for example {name}-1.0.0")
    found = answered(choice, lambda cluster: of_files(cluster, name))
    if output in FORMATS:
        click.echo(FORMATS[output](plain(found)), nl=False)
    elif output == "name":
        click.echo("".join(f"{printable(one.path, 2048)}\n" for one in found), nl=False)
    else:
        click.echo(table(HEAD, map(_file, found)))


def _show_calls(name: str, output: str, choice: ClusterChoice) -> None:
    from aiapp.domain.kubernetes.resources import APPLICATIONS  # noqa: PLC0415
    from aiapp.queries.calls import calls  # noqa: PLC0415
    from aiapp.queries.operation import existing  # noqa: PLC0415
    from aiapp.queries.plain import plain  # noqa: PLC0415

    if is_version(name) or output == "name":
        raise click.UsageError("--calls is of an application, as a table, json or yaml")

    async def asked(cluster: UserCluster) -> "Calls":
        await existing(cluster, APPLICATIONS, name)
        return await calls(cluster, name)

    found = answered(choice, asked)
    if output in FORMATS:
        click.echo(FORMATS[output](plain(found)), nl=False)
        return
    if found.absence:
        raise click.ClickException(ABSENT[found.absence])
    if found.uncounted:
        click.echo(f"note: {found.uncounted} of {found.pods} ready pods are not in the sums", err=True)
    rows = ([one.version, str(one.total), str(one.failed), str(one.pods)] for one in found.versions)
    click.echo(table(CALLS, rows))


def _file(file: "PinnedFile") -> list[str]:
    return [
        printable(file.path, 2048),
        str(file.size),
        file.sha256 or "-",
        printable(file.etag),
        file.version_id or "-",
    ]
