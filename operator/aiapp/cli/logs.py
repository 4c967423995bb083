"""`aiapp logs`: what the pods of an application write."""

from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.durations import DURATION
from aiapp.cli.output.terminal import is_terminal, unsteered

if TYPE_CHECKING:
    from aiapp.ports.kubernetes import LogPart
    from aiapp.queries.cluster import UserCluster
    from aiapp.queries.logs import LogSources

FETCHER: Final = "fetch"


@click.command("logs")
@click.argument("application")
@click.argument("version", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until no pod is left that writes.")
@click.option("--tail", type=click.IntRange(min=0), metavar="LINES", help="The last lines of each pod. Default: all.")
@click.option("--since", type=DURATION, metavar="AGE", help="What is younger than that, such as 30s, 10m or 1h30m.")
@click.option("-c", "--container", default="model", show_default=True, help="Of the pods.")
@click.option("--fetch", "fetches", is_flag=True, help="The init container that fetches the model; as -c fetch.")
@click.option("--pod", metavar="NAME", help="Of one pod alone.")
@click.option("-p", "--previous", is_flag=True, help="Of the container before its last restart.")
@click.option("--timestamps", is_flag=True, help="Each line after the time when it was written.")
@click.option("--prefix/--no-prefix", default=None, help="Each line after its pod's name. Default: with several pods.")
@cluster_options
def command(application: str, version: str | None, choice: ClusterChoice, **asked: Any) -> None:
    r"""Show what the pods of an application write, or those of one of its versions.

    With -f pods that come later, and containers that begin again, are followed from their first line, unless --pod or
    -p is given. You need the rights that kubectl logs needs, list pods and get pods/log, and watch pods for those that
    come later.

    \b
    Exit codes: 0 shown; 1 there are no pods, none of them can be read, or the cluster refuses; 2 wrong arguments or no
    cluster.

    \b
    Examples:
      aiapp logs mnist -f --tail 20
      aiapp logs mnist 1.1.0 --since 10m
      aiapp logs mnist --fetch
      aiapp logs mnist --pod mnist-1-0-0-5b6c7d8f9-x2x4z --previous
    """
    from aiapp.ports.kubernetes import LogPart  # noqa: PLC0415 - `--help` must not wait for the models
    from aiapp.queries.logs import LogSources  # noqa: PLC0415

    sources = LogSources(
        application=application,
        version=version and version.removeprefix(f"{application}-"),
        pod=asked["pod"],
        container=FETCHER if asked["fetches"] else asked["container"],
    )
    part = LogPart(
        tail=asked["tail"],
        since_seconds=asked["since"],
        previous=asked["previous"],
        timestamps=asked["timestamps"],
        follow=asked["follow"],
    )
    is_read = answered(choice, lambda cluster: _printed(cluster, sources, part, prefix=asked["prefix"]))
    click.get_current_context().exit(0 if is_read else 1)


async def _printed(cluster: "UserCluster", sources: "LogSources", part: "LogPart", *, prefix: bool | None) -> bool:
    """Whether any pod could be read."""
    from aiapp.queries.log_following import followed  # noqa: PLC0415
    from aiapp.queries.logs import lines, pods_of  # noqa: PLC0415

    pods = await pods_of(cluster, sources)
    known, unread, on_terminal = set(pods), set[str](), is_terminal()
    goes_on = part.follow and sources.pod is None and not part.previous
    found = followed(cluster, sources, part) if goes_on else lines(cluster, pods, sources.container, part)
    async for line in found:
        if line.is_fault:
            unread.add(line.pod)
            click.echo(unsteered(f"{line.pod}: {line.text}"), err=True)
            continue
        known.add(line.pod)
        unread.discard(line.pod)
        is_named = len(known) > 1 if prefix is None else prefix
        text = unsteered(line.text) if on_terminal else line.text
        click.echo(f"[{line.pod}] {text}" if is_named else text)
    return not known <= unread
