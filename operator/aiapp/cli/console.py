"""`aiapp console`: the web console, for one person on their own machine or for many in a cluster."""

import asyncio
import functools
import ipaddress
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from aiapp.cli.nodes import node_facts_option, node_tables
from aiapp.cli.options.address import address
from aiapp.cli.options.cluster import ClusterChoice, cluster_options, failing_with_messages
from aiapp.cli.options.operation import utc_now

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiapp.console.start import ForUsers

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class UsersChoice:
    """What the options of `--for-users` say."""

    hosts: tuple[str, ...]
    token_header: str | None
    api_server: str | None
    api_server_ca: str | None
    key_file: Path | None
    tls: ssl.SSLContext | None


def _users_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Adds them to a click command, which gets them as `users: UsersChoice`; None without `--for-users`."""

    @click.option("--for-users", is_flag=True, help="Serve many people, each by their own bearer token.")
    @click.option("--host", "hosts", multiple=True, metavar="NAME", help="Name that it has, beside localhost.")
    @click.option("--token-header", metavar="NAME", help="Header by which an authenticating proxy sends the token.")
    @click.option("--api-server", metavar="URL", help="Whom it asks. Default: that of the cluster in which it runs.")
    @click.option("--api-server-ca", type=_FILE, help="Who may vouch for that. Default: the public authorities.")
    @click.option("--key-file", type=_PATH, help="32 random bytes or more that seal sessions. Default: new ones.")
    @click.option(
        "--tls-certificate",
        type=_FILE,
        help="Serve TLS with this chain of certificates; the files are read again when they change.",
    )
    @click.option("--tls-key", type=_FILE, help="The key that goes with it.")
    @functools.wraps(command)
    def gathered(
        *, for_users: bool, tls_certificate: str | None, tls_key: str | None, choice: ClusterChoice, **others: Any
    ) -> Result:
        names = ("hosts", "token_header", "api_server", "api_server_ca", "key_file")
        given = {name: others.pop(name) for name in names}
        tls = _tls(tls_certificate, tls_key)
        users = UsersChoice(tls=tls, **given) if for_users else None
        if users is None and (tls or any(given.values())):
            raise click.UsageError("--host, --token-header, --api-server*, --key-file and --tls-* need --for-users")
        if users is not None and (choice.kubeconfig or choice.context):
            raise click.UsageError("--for-users takes no credentials: leave --kubeconfig and --context out")
        return command(users=users, choice=choice, **others)

    return gathered


_FILE: Final = click.Path(exists=True, dir_okay=False)
_PATH: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("console")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:0",
    show_default=True,
    callback=address,
    help="Port 0 takes a free one; without --for-users a loopback address.",
)
@click.option("-v", "--verbose", count=True, help="More lines; twice: the libraries' as well.")
@node_facts_option
@cluster_options
@_users_options
def command(
    listen: tuple[str, int], verbose: int, node_facts: str, users: UsersChoice | None, choice: ClusterChoice
) -> None:
    r"""Serve the web console: applications, versions, nodes and rollouts as pages, and what may be done with them.

    Without --for-users it is for you alone, with the rights of your kubeconfig: it listens on loopback only, and the
    address that it prints is good for one visit. With --for-users it has no rights of its own: people log in with a
    bearer token of the cluster, or an authenticating proxy sends theirs in the header that --token-header names. Put
    TLS before it, or give it a certificate: browsers keep its sessions for TLS and localhost alone.

    \b
    Exit codes: 0 ended by a signal; 1 the address is in use, or the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp console
      aiapp console -n vision --listen 127.0.0.1:8600
      aiapp console --for-users --listen :8600 --host console.example.com --key-file /etc/aiapp/key
    """
    from aiapp.cli.run import log_to_stderr  # noqa: PLC0415 - `--help` must not wait for it
    from aiapp.console.start import Listening, Means, run_for_users, run_local  # noqa: PLC0415

    log_to_stderr("plain", verbose)
    means = Means(node_tables(node_facts), utc_now)
    listening = Listening(*listen, users.hosts if users else (), users.tls if users else None)
    if users is not None:
        said = "Listening on {}"
        _run(run_for_users(_for_users(users, choice), listening, means, lambda where: click.echo(said.format(where))))
        return
    _check_loopback(listen[0])
    from aiapp.adapters.kube.credentials import namespace  # noqa: PLC0415

    where = choice.namespace or namespace(choice.kubeconfig, choice.context)
    _run(run_local(_credentials(choice), where, listening, means, click.echo))


def _run(serving: "Coroutine[Any, Any, None]") -> None:
    try:
        with failing_with_messages():
            asyncio.run(serving)
    except OSError as error:
        raise click.ClickException(f"it cannot listen there: {error}") from error


def _check_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise click.UsageError(f"--listen {host}: your rights are served on loopback alone; for others --for-users")


def _credentials(choice: ClusterChoice) -> Any:
    import time  # noqa: PLC0415

    from aiapp.adapters.kube.credentials import KubeCredentials, NoClusterError, load  # noqa: PLC0415

    try:
        return KubeCredentials(lambda: load(choice.kubeconfig, choice.context), time.monotonic)
    except NoClusterError as error:
        raise click.UsageError(str(error)) from error


def _for_users(users: UsersChoice, choice: ClusterChoice) -> "ForUsers":
    from aiapp.console.access.users import ApiServer  # noqa: PLC0415
    from aiapp.console.start import ForUsers  # noqa: PLC0415
    from aiapp.console.visiting.sealing import KEY_BYTES  # noqa: PLC0415

    key = users.key_file.read_bytes() if users.key_file else None
    if key is not None and len(key) < KEY_BYTES:
        raise click.UsageError(f"--key-file {users.key_file}: {len(key)} bytes, at least {KEY_BYTES} are needed")
    url = users.api_server or _of_this_cluster()
    if not url.startswith("https://"):
        raise click.UsageError(f"--api-server {url}: not an https URL, and tokens go there")
    server = ApiServer(url.rstrip("/"), ssl.create_default_context(cafile=users.api_server_ca))
    server.tls.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as authorities of clusters often are
    return ForUsers(server, users.token_header, key, choice.namespace or "")


def _of_this_cluster() -> str:
    """As the kubelet tells each container: its address, so that no name needs to be resolved."""
    environment = os.environ  # noqa: TID251 - an entry point
    host = environment.get("KUBERNETES_SERVICE_HOST")
    if not host:
        raise click.UsageError("--for-users outside of a cluster needs --api-server URL")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise click.UsageError("--tls-certificate and --tls-key go together")
    from aiapp.console.http.certificate import RenewedCertificate  # noqa: PLC0415 - `--help` must not wait for it

    try:
        return RenewedCertificate(Path(certificate), Path(key)).context
    except OSError as error:
        raise click.UsageError(f"--tls-certificate {certificate}, --tls-key {key}: {error}") from error
