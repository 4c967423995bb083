"""The command line: arguments in, calls and exit codes out. Nothing is decided here."""

from importlib import import_module

import click
from typing_extensions import override

COMMANDS = {
    "check": "Check model packages and manifests as the operator would, without a cluster.",
    "fetch": "Download the pinned model into a folder (the init container of every pod).",
    "help": "Show the help of a command.",
    "fit": "Show which nodes a version fits, and what stands against the others.",
    "nodes": "Show the nodes as the operator sees them.",
    "openapi": "Show the APIs of a model as an OpenAPI document.",
    "progress": "Show how far the pods of an application are with fetching their model.",
    "promote": "Print a version as a manifest for another place, held to the same content.",
    "run": "Run the operator, in a cluster or against the current kubeconfig.",
    "version": "Show the version.",
    "sandbox": "A Kubernetes cluster on this machine, to try the operator without one.",
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs: `aiapp fetch` must not pay for the operator."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"aiapp.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return _with_line_breaks(command)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


def _with_line_breaks(command: click.Command) -> click.Command:
    """Docstrings are raw text, in which click does not see the mark of a paragraph that keeps its line breaks."""
    command.help = (command.help or "").replace(r"\b", "\b")
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        _with_line_breaks(child)
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aiapp-operator", prog_name="aiapp")
def main() -> None:
    r"""AI applications on Kubernetes: registered by version, pinned by content, run where they fit.

    \b
    Examples:
      aiapp sandbox up --nodes demo     a cluster on this machine
      aiapp run                         the operator, against the current kubeconfig
      aiapp help sandbox up             the same as: aiapp sandbox up --help
    """


_with_line_breaks(main)
