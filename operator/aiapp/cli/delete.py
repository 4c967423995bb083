"""`aiapp delete`: deletes applications and versions, but none that a service uses."""

from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.writing import Writing, writing_options

if TYPE_CHECKING:
    from aiapp.queries.cluster import UserCluster
    from aiapp.queries.removal import Removal


@click.command("delete")
@click.argument("names", nargs=-1, metavar="APPLICATION|VERSION...")
@click.option("-l", "--selector", default="", metavar="LABELS", help="Also the versions with these, as for kubectl.")
@click.option("--with-service", is_flag=True, help="Also an application that serves, with its pods.")
@click.option("--with-versions", is_flag=True, help="All versions of the applications as well.")
@writing_options
def command(
    names: tuple[str, ...],
    selector: str,
    choice: ClusterChoice,
    writing: Writing,
    *,
    with_service: bool,
    with_versions: bool,
) -> None:
    r"""Delete applications and versions. A deleted version cannot be recovered; its files stay in their store.

    A version that an application serves is not deleted: deploy others first. Neither is an application that serves:
    stop it first. Versions stay when their application goes, unless --with-versions is given. All names are looked at
    before anything is deleted.

    \b
    Exit codes: 0 deleted; 1 refused, and if by the rules above nothing was deleted; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp delete mnist-0.9.0 mnist-0.9.1
      aiapp delete -l stage=trial --dry-run
      aiapp delete mnist --with-service --with-versions --dry-run
    """
    from aiapp.queries.removal import removal, remove  # noqa: PLC0415 - `--help` must not wait for the models

    selector = selector.strip()  # to the API server, labels of blanks are those of all versions
    if not names and not selector:
        raise click.UsageError("say what to delete: APPLICATION, VERSION or -l LABELS")

    async def carried_out(cluster: "UserCluster") -> "Removal":
        found = await removal(cluster, names, selector=selector, with_service=with_service, with_versions=with_versions)
        await remove(cluster, found, dry_run=writing.dry_run)
        return found

    found = answered(choice, carried_out)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    for place, one in enumerate(found.objects):
        if place:
            writing.separate()
        writing.tell(f"{one['metadata']['name']} {writing.verb} deleted", one)
