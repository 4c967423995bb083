"""`aiapp rollback`: an application goes back to a configuration that it was asked to serve before."""

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.operation import waited, waiting_options
from aiapp.cli.options.writing import Writing, writing_options


@click.command("rollback")
@click.argument("application")
@click.option("--to", type=click.IntRange(min=1), metavar="REVISION", help="Default: the last other that succeeded.")
@waiting_options
@writing_options
def command(application: str, to: int | None, choice: ClusterChoice, writing: Writing, seconds: int | None) -> None:
    r"""Go back to a configuration that an application was asked to serve before.

    Sets spec.serving to what `aiapp history` shows under that revision, with your own rights, and leaves all else
    alone, `stopped` too. Refused when the application changes at the same moment. What Argo CD or Flux applies is
    changed in Git instead: print the manifest with --dry-run=client -o yaml.

    \b
    Exit codes: 0 done; 1 refused, nothing to go back to, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp rollback mnist --wait
      aiapp rollback mnist --to 3 --dry-run
      aiapp rollback mnist --dry-run=client -o yaml > mnist.yaml
    """
    from aiapp.queries.history import planned_rollback, roll_back  # noqa: PLC0415 - `--help` must not wait for the models

    if writing.dry_run == "client":
        found = answered(choice, lambda cluster: planned_rollback(cluster, application, to))
    else:
        is_dry = writing.dry_run == "server"
        found = answered(choice, lambda cluster: roll_back(cluster, application, to, dry_run=is_dry))
    verb = "goes back" if writing.dry_run == "none" else "would go back"
    writing.tell(f"{application} {verb} to revision {found.revision}: {found.served}", found.object, found.notes)
    waited(found.before, found.object, choice, writing, seconds)
