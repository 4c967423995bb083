"""The command line: arguments in, calls and exit codes out. Nothing is decided here."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

import click
from typing_extensions import override

PLUGINS: Final = "aiapp.commands"
"""The group of entry points by which other distributions add commands."""

SANDBOX_ABSENT: Final = "`aiapp sandbox` is a distribution of its own: install aiapp-operator[sandbox]"

COMMANDS = {
    "check": "Check model packages and manifests as the operator would, without a cluster.",
    "console": "Serve the web console, for yourself or for many.",
    "diff": "Show what changed from one version to another.",
    "completion": "Print the script by which a shell completes commands and names.",
    "create": "Register the next version of an application, or an application.",
    "delete": "Delete applications and versions, but none that a service uses.",
    "deploy": "Serve versions of an application, and shift its traffic between them.",
    "edit": "Change the description, display name or documents of an application or a version.",
    "events": "Show what happened to applications, versions and their pods.",
    "download": "Download the files of a version into a folder, exactly as they were pinned.",
    "fetch": "Download the pinned model into a folder (the init container of every pod).",
    "help": "Show the help of a command.",
    "fit": "Show which nodes a version fits, and why not the others.",
    "get": "Show all that is known of applications or versions.",
    "history": "Show what an application was asked to serve, newest first.",
    "init": "Print the first manifests of a package: its version and its application.",
    "list": "Show the applications with their versions, filtered, sorted and by pages.",
    "logs": "Show what the pods of an application write.",
    "identify": "Make the secret by which a pod proves who it is (the first container of pods that need tickets).",
    "nodes": "Show the nodes as the operator sees them.",
    "openapi": "Show the APIs of a model as an OpenAPI document.",
    "predict": "Ask a served model for a prediction.",
    "progress": "Show how far the pods of an application are with fetching their model.",
    "promote": "Print a version as a manifest for another place, held to the same content.",
    "reproduce": "Print a manifest that runs the training of a version again.",
    "restart": "Replace the pods of an application.",
    "rollback": "Go back to a configuration that an application was asked to serve before.",
    "rollout": "Follow a rollout in steps, approve its step, or take it back.",
    "run": "Run the operator, in a cluster or against the current kubeconfig.",
    "scale": "Set the number of pods of a served version.",
    "schema": "Show the APIs that a model declares, as data.",
    "start": "Start an application that was stopped.",
    "stop": "Stop an application: no pods, and nothing is deleted.",
    "trace": "Show where a version comes from: content, training job, code, data, nodes.",
    "tree": "Show all objects of an application with their states.",
    "version": "Show the version.",
    "versions": "Show the registered versions of an application, newest first.",
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs: `aiapp fetch` must not pay for the operator."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *entry_points(group=PLUGINS).names})

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command = import_module(f"aiapp.cli.{cmd_name}").command
        else:
            command = next((found.load() for found in entry_points(group=PLUGINS, name=cmd_name)), None)
        if command is None and cmd_name == "sandbox":
            ctx.fail(SANDBOX_ABSENT)
        if command is None:
            return None
        assert isinstance(command, click.Command)
        _with_line_breaks(command)
        if ctx.resilient_parsing:  # a shell completes a line
            from aiapp.cli.options.names import completing  # noqa: PLC0415 - nothing else needs it

            completing(command)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        added = {name: self.get_command(ctx, name) for name in self.list_commands(ctx) if name not in COMMANDS}
        texts = {name: command.get_short_help_str(limit=200) for name, command in added.items() if command}
        with formatter.section("Commands"):
            formatter.write_dl(sorted({**COMMANDS, **texts}.items()))


def _with_line_breaks(command: click.Command) -> None:
    """Docstrings are raw text, in which click does not see the mark of a paragraph that keeps its line breaks."""
    command.help = (command.help or "").replace(r"\b", "\b")
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        _with_line_breaks(child)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aiapp-operator", prog_name="aiapp")
def main() -> None:
    r"""AI applications on Kubernetes: registered by version, pinned by content, run where they fit.

    \b
    Examples:
      aiapp check ./mnist               what the operator would say of a package
      aiapp fit mnist-1.0.0             which nodes a version fits
      aiapp help fit                    the same as: aiapp fit --help
    """


_with_line_breaks(main)
