"""`aiapp completion`: the script by which a shell completes commands, options and names from the cluster."""

import sys
from typing import Final

import click
from click.shell_completion import ShellComplete, get_completion_class

PROGRAM: Final = "aiapp"
VARIABLE: Final = "_AIAPP_COMPLETE"
NO_FILES: Final = 4
"""To kubectl: names of files are no completions."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    r"""Print the script by which a shell completes commands, options and names from the cluster.

    Names of applications, versions, runtimes, pods and namespaces are asked of the cluster, with your own rights, for
    two seconds at most; contexts are those of the kubeconfig. kubectl completes kubectl aiapp in the same way, where
    its own completion is loaded and kubectl_complete-aiapp is in the PATH.

    \b
    Exit codes: 0 printed; 2 wrong arguments.

    \b
    Examples:
      aiapp completion bash > ~/.local/share/bash-completion/completions/aiapp
      aiapp completion zsh > "${fpath[1]}/_aiapp"
      aiapp completion fish > ~/.config/fish/completions/aiapp.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source())


def kubectl() -> None:
    """What `kubectl_complete-aiapp` does: completions of the last argument, a line each, and a word to kubectl."""
    from aiapp.cli import main  # noqa: PLC0415 - it imports this module

    *given, incomplete = sys.argv[1:] or [""]
    found = ShellComplete(main, {}, PROGRAM, VARIABLE).get_completions(given, incomplete)
    for one in found:
        if one.type == "plain":
            click.echo(f"{one.value}\t{one.help}" if one.help else one.value)
    click.echo(f":{0 if any(one.type != 'plain' for one in found) else NO_FILES}")
