"""`aiapp events`: what happened to applications, versions and their pods."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.durations import PERIOD
from aiapp.cli.options.operation import utc_now
from aiapp.cli.options.reading import all_namespaces_option, labels_option, output_option, require_table, watch_option
from aiapp.cli.output.age import age
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.domain.details.phases import EventPhase
from aiapp.domain.printable import printable
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from aiapp.domain.details.events import TimelineEvent
    from aiapp.domain.kubernetes.label_selector import Selector
    from aiapp.queries.events import EventFilter

HEAD: Final = ("LAST", "TYPE", "PHASE", "REASON", "OBJECT", "MESSAGE")
WIDE: Final = ("LAST", "FIRST", "COUNT", *HEAD[1:])
LONGEST: Final = 1024


@click.command("events")
@click.argument("name", metavar="[APPLICATION|VERSION]", required=False)
@click.option("--type", "type_", type=click.Choice(["Normal", "Warning"]), help="Only of that type.")
@click.option("--phase", multiple=True, type=click.Choice(get_args(EventPhase)), help="Only of that phase.")
@click.option("--text", default="", help="Only with that in reason or message.")
@click.option("--since", type=PERIOD, help="Only of the last 90s, 30m, 2h, 7d.")
@labels_option
@all_namespaces_option
@output_option("table", "wide", *FORMATS)
@watch_option
@cluster_options
def command(  # noqa: PLR0913 - one for each option
    choice: ClusterChoice,
    name: str | None,
    output: str,
    *,
    type_: str | None,
    phase: tuple[str, ...],
    text: str,
    since: timedelta | None,
    labels: "Selector | None",
    all_namespaces: bool,
    watch: bool,
) -> None:
    r"""Show what happened to applications, versions and their pods, the newest last.

    Kubernetes forgets its Events after an hour. What the statuses of versions and applications remember stays: the last
    30 things each, an import step by step, and how the first pods of a version came up. Both are told together.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or there is no such object; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp events mnist-1.0.0
      aiapp events mnist -n vision --type Warning --since 2h
      aiapp events mnist --phase ModelStart -o wide
      aiapp events -A -w
    """
    from aiapp.queries.events import EventFilter, events  # noqa: PLC0415 - `--help` must not wait for the models

    wanted = EventFilter(type_ or "", text, utc_now() - since if since else None, frozenset(phase), labels)
    if watch:
        require_table(output)
        answered(choice, lambda cluster: _follow(cluster, name, wanted, output, all_namespaces=all_namespaces))
        return
    found = answered(choice, lambda cluster: events(cluster, name, wanted, all_namespaces=all_namespaces))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if output in FORMATS:
        from aiapp.queries.plain import plain  # noqa: PLC0415

        click.echo(FORMATS[output](plain(found.items)), nl=False)
    else:
        click.echo("\n".join(_lines(found.items, output, all_namespaces=all_namespaces)))


async def _follow(
    cluster: UserCluster, name: str | None, wanted: "EventFilter", output: str, *, all_namespaces: bool
) -> None:
    from aiapp.queries.events import follow  # noqa: PLC0415

    is_first = True
    async for new in follow(cluster, name, wanted, all_namespaces=all_namespaces):
        lines = _lines(new, output, all_namespaces=all_namespaces)
        if new or is_first:
            click.echo("\n".join(lines if is_first else lines[1:]))
        is_first = False


def _lines(items: Any, output: str, *, all_namespaces: bool) -> list[str]:
    head = WIDE if output == "wide" else HEAD
    now = utc_now()
    rows = [([one.namespace] if all_namespaces else []) + _row(one, output, now) for one in items]
    return table(("NAMESPACE", *head) if all_namespaces else head, rows).splitlines()


def _row(event: "TimelineEvent", output: str, now: datetime) -> list[str]:
    more = [age(event.first_time or event.time, now), str(event.count)] if output == "wide" else []
    kind = click.style(event.type, fg="yellow" if event.type == "Warning" else None)
    about = printable(f"{event.kind.lower()}/{event.name}")
    text = printable(event.reason), about, printable(event.message, LONGEST)
    return [age(event.time, now), *more, kind, event.phase, *text]
