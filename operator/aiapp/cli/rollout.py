"""`aiapp rollout`: how far a rollout in steps is, that its step may go on, or that it is to be taken back."""

from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.writing import Writing, writing_options
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.cli.output.terminal import unsteered
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from aiapp.api.steps import RolloutProgress

HEAD = ("VERSION", "BEFORE", "NOW", "WANTED")


@click.group("rollout")
def command() -> None:
    r"""Follow a rollout in steps (spec.serving.strategy.steps), approve its step, or take it back.

    \b
    Examples:
      aiapp rollout status mnist -n vision
      aiapp rollout approve mnist -n vision
      aiapp rollout abort mnist -n vision
    """


@command.command("status", short_help="Show how far it is and what it waits for.")
@click.argument("application")
@click.option("-o", "--output", type=click.Choice(["table", *FORMATS]), default="table", show_default=True)
@click.option("-w", "--watch", is_flag=True, help="Go on showing what changes, until it is over.")
@cluster_options
def status(application: str, output: str, choice: ClusterChoice, *, watch: bool) -> None:
    r"""Show how far the rollout of an application is, and what it waits for.

    With --watch json is one document for each change, yaml one after `---`.

    \b
    Exit codes: 0 shown; 1 a step has failed, there is no rollout in steps, or the cluster refuses; 2 wrong arguments or
    no cluster.

    \b
    Examples:
      aiapp rollout status mnist -n vision
      aiapp rollout status mnist -w
      aiapp rollout status mnist -o json | jq -r .state
    """
    from aiapp.queries.rollout import rollout, rollouts  # noqa: PLC0415 - `--help` must not wait for the models

    async def followed(cluster: UserCluster) -> "RolloutProgress":
        record = None
        async for record in rollouts(cluster, application):
            click.echo("---\n" if output == "yaml" else "", nl=False)
            _show(record, output)
        assert record is not None  # it begins with one
        return record

    if watch:
        record = answered(choice, followed)
    else:
        record = answered(choice, lambda cluster: rollout(cluster, application))
        _show(record, output)
    click.get_current_context().exit(1 if record.state in ("Failed", "RolledBack") else 0)


def _show(record: "RolloutProgress", output: str) -> None:
    from aiapp.queries.rollout import shares  # noqa: PLC0415

    if output != "table":
        click.echo(FORMATS[output](record.model_dump(by_alias=True, mode="json", exclude_none=True)), nl=False)
    else:
        rows = [(one.version, f"{one.before} %", f"{one.now} %", f"{one.wanted} %") for one in shares(record)]
        click.echo(f"{unsteered(record.summary)}, since {record.since:%Y-%m-%dT%H:%M:%SZ}")
        click.echo(table(HEAD, rows))
        click.echo(unsteered(record.message))


@command.command("approve", short_help="Let it go on, or try a failed step again.")
@click.argument("application")
@cluster_options
def approve(application: str, choice: ClusterChoice) -> None:
    r"""Let the rollout of an application go on: approve its step, end its pause, or try a failed step again.

    Sets the annotation aiapp.dev/approve, with your own rights, for the step that the rollout stands at and no other.

    \b
    Exit codes: 0 done; 1 nothing waits, or the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp rollout approve mnist -n vision
    """
    from aiapp.queries.rollout import approve as approved  # noqa: PLC0415 - `--help` must not wait for the models

    approval = answered(choice, lambda cluster: approved(cluster, application))
    word = "is tried again" if approval.again else "is approved"
    click.echo(f"{application}: step {approval.record.step}/{approval.record.steps} {word}")


@command.command("abort", short_help="Take it back.")
@click.argument("application")
@writing_options
def abort(application: str, choice: ClusterChoice, writing: Writing) -> None:
    r"""Take the rollout of an application back: ask for the versions and weights of before it, which come at once.

    Sets spec.serving.versions with your own rights. Refused when the application changes at the same moment. What Argo
    CD or Flux applies is changed in Git instead: print the manifest with --dry-run=client -o yaml.

    \b
    Exit codes: 0 done; 1 nothing is under way, or the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp rollout abort mnist -n vision
      aiapp rollout abort mnist -n vision --dry-run=client -o yaml > mnist.yaml
    """
    from aiapp.queries import rollout as queries  # noqa: PLC0415 - `--help` must not wait for the models

    manifest = answered(choice, lambda cluster: queries.planned_abort(cluster, application))
    serving, is_dry = manifest["spec"]["serving"], writing.dry_run == "server"
    if writing.dry_run != "client":
        serving = answered(choice, lambda cluster: queries.abort(cluster, application, dry_run=is_dry))
    back = ", ".join(f"{one['version']} {one['weight']} %" for one in serving["versions"])
    verb = "goes" if writing.dry_run == "none" else "would go"
    writing.tell(f"{application} {verb} back to {back}", manifest)
