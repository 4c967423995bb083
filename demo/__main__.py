"""`python -m demo`: arguments in, exit codes out. Nothing is decided here."""

import os
import sys
from pathlib import Path

import click

from aiapp_sandbox import state
from aiapp_sandbox.errors import SandboxError
from demo import cluster, walkthrough
from demo.errors import DemoError
from demo.rendering import shown
from demo.terminal import Terminal

INTERRUPTED = 130

_name = click.option("--name", default="demo", show_default=True, help="The sandbox that it runs in.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A model from its training to predictions on a cluster of this machine."""


@main.command()
@_name
def up(name: str) -> None:
    """Run it; a second time it goes on with the cluster that is there."""
    try:
        walkthrough.run(name, Terminal())
    except (DemoError, SandboxError) as error:
        click.echo(f"\n{error}", err=True)
        _tell_what_is_left(name)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("\ninterrupted", err=True)
        _tell_what_is_left(name)
        sys.exit(INTERRUPTED)


@main.command()
@_name
def down(name: str) -> None:
    """Take it down with all that is in it."""
    try:
        cluster.down(name, Terminal())
    except DemoError as error:
        raise click.ClickException(str(error)) from error


def _tell_what_is_left(name: str) -> None:
    folder = state.folder(os.environ, name)
    if not folder.path.exists():
        click.echo("Nothing is left of it: no sandbox is up.", err=True)
        return
    python = shown(Path(sys.executable))
    click.echo(f"The sandbox '{name}' is still up, with what was done so far. Look at it:", err=True)
    click.echo(f"  {python} -m aiapp sandbox status --name {name}", err=True)
    click.echo(f"or take it down:\n  {python} -m demo down --name {name}", err=True)


if __name__ == "__main__":
    main()
