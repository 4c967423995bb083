"""`aiapp sandbox env`, `kubeconfig`, `logs` and `upload`: how a person reaches what runs in a sandbox."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from aiapp_sandbox import cluster, shell, state, storage
from aiapp_sandbox.cli.terminal import ENVIRONMENT, errors_as_text, name_option
from aiapp_sandbox.errors import SandboxError


@click.command(short_help="Print what a shell needs, to be evaluated.")
@name_option
@errors_as_text
def env(name: str) -> None:
    r"""Print shell commands that make a shell use a sandbox.

    KUBECONFIG; PATH with kubectl; with an S3 server AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and
    ENDPOINT, its address; with a registry REGISTRY, its HOST:PORT; with a gateway GATEWAY, its URL.

    \b
    Examples:
      eval "$(aiapp sandbox env)"
      eval "$(aiapp sandbox env --name two)"
    """
    folder = state.folder(ENVIRONMENT, name)
    click.echo(shell.exports(shell.variables(folder, folder.require(), ENVIRONMENT)), nl=False)


@click.command(short_help="Print the path of a kubeconfig file.")
@name_option
@click.option(
    "--service-account", metavar="NAMESPACE/NAME", help="Act as this service account instead of the administrator."
)
@errors_as_text
def kubeconfig(name: str, service_account: str | None) -> None:
    r"""Print the path of a kubeconfig file.

    \b
    Examples:
      export KUBECONFIG=$(aiapp sandbox kubeconfig)
      aiapp sandbox kubeconfig --service-account aiapp-system/aiapp-operator
    """
    folder = state.folder(ENVIRONMENT, name)
    folder.require()
    if service_account is None:
        click.echo(folder.kubeconfig)
        return
    namespace, slash, account = service_account.partition("/")
    if not (namespace and slash and account):
        raise click.BadParameter("say NAMESPACE/NAME", param_hint="--service-account")
    click.echo(cluster.service_account_kubeconfig(folder, namespace, account))


@click.command(short_help="Put a folder into the sandbox's object storage.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("uri")
@name_option
@errors_as_text
def upload(folder: Path, uri: str, name: str) -> None:
    r"""Put the files of FOLDER under URI (obs://BUCKET/PATH/) in the sandbox's S3 server.

    The bucket is made when there is none, with versions of objects. Any S3 tool does the same with the keys that
    `aiapp sandbox env` prints.

    \b
    Examples:
      aiapp sandbox upload ./mnist obs://models/mnist/1.0.0/
    """
    record = state.folder(ENVIRONMENT, name).require()
    for key in storage.upload(record, folder, uri):
        click.echo(f"uploaded {key}")


@click.command(short_help="Print the log of a component.")
@click.argument("component", required=False)
@name_option
@click.option("-f", "--follow", is_flag=True, help="Go on as the log grows.")
@errors_as_text
def logs(component: str | None, name: str, follow: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the log of one component, or the names of those that have one."""
    folder = state.folder(ENVIRONMENT, name)
    there = {path.stem: path for path in sorted(folder.logs.glob("*.log"))}
    if component is None:
        click.echo("\n".join(there))
    elif component not in there:
        raise SandboxError(f"sandbox '{name}' has no log '{component}'; there are: {', '.join(there) or 'none'}")
    elif follow:
        subprocess.run(["tail", "-n", "+1", "-F", there[component]], check=False)
    else:
        _print(there[component])


def _print(log: Path) -> None:
    with log.open("rb") as file:
        for chunk in iter(lambda: file.read(1 << 16), b""):
            sys.stdout.buffer.write(chunk)


COMMANDS: Final = (env, kubeconfig, upload, logs)
