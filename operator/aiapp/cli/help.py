"""`aiapp help`: what `--help` shows, for those who ask in this way."""

import click


@click.command("help")
@click.argument("words", metavar="COMMAND...", nargs=-1)
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    r"""Show the help of a command; without one, of all.

    \b
    Examples:
      aiapp help
      aiapp help fit
    """
    shown = context.find_root()
    for word in words:
        group = shown.command
        child = group.get_command(shown, word) if isinstance(group, click.Group) else None
        if child is None:
            raise click.UsageError(f"there is no command '{' '.join(words)}'")
        shown = click.Context(child, info_name=word, parent=shown)
    click.echo(shown.get_help())
