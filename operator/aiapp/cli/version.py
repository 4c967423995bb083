"""`aiapp version`: what `--version` shows, for those who ask in this way."""

from importlib.metadata import version

import click


@click.command("version")
def command() -> None:
    r"""Show the version.

    \b
    Example:
      aiapp version
    """
    click.echo(f"aiapp, version {version('aiapp-operator')}")
