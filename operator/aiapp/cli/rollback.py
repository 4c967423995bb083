"""`aiapp rollback`: an application goes back to a configuration that it was asked to serve before."""

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS


@click.command("rollback")
@click.argument("application")
@click.option("--to", type=click.IntRange(min=1), metavar="REVISION", help="Default: the last other that succeeded.")
@click.option("--dry-run", is_flag=True, help="Only ask the API server whether it would take the change.")
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), help="Change nothing: print the manifest, for Git.")
@cluster_options
def command(application: str, to: int | None, dry_run: bool, output: str | None, choice: ClusterChoice) -> None:  # noqa: FBT001 - click's
    r"""Go back to a configuration that an application was asked to serve before.

    Sets spec.serving to what `aiapp history` shows under that revision, with your own rights, and leaves all else
    alone, `stopped` too. Refused when the application changes at the same moment. What Argo CD or Flux applies is
    changed in Git instead: print the manifest with -o yaml.

    \b
    Exit codes: 0 done; 1 refused, or nothing to go back to; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp rollback mnist
      aiapp rollback mnist --to 3 --dry-run
      aiapp rollback mnist -o yaml > mnist.yaml
    """
    from aiapp.queries.history import roll_back, way_back  # noqa: PLC0415 - `--help` must not wait for the models

    if output is not None:
        found = answered(choice, lambda cluster: way_back(cluster, application, to))
    else:
        found = answered(choice, lambda cluster: roll_back(cluster, application, to, dry_run=dry_run))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if output is not None:
        click.echo(FORMATS[output](found.manifest), nl=False)
        return
    done = "would go back" if dry_run else "goes back"
    click.echo(f"{application} {done} to revision {found.revision}: {found.served}")
