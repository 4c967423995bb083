"""`aiapp fetch`: arguments in, exit code and termination message out."""

import functools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn

import click
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.cli.options.store import StoreChoice, keys_in, proxies_of_environment, store_options
from aiapp.cli.output.terminal import leave
from aiapp.domain.artifact.content import is_digest
from aiapp.domain.exeml.tickets import PROOF_FILE, TOKEN_FILE
from aiapp.domain.objectstore.ca_bundle import AuthoritiesError, authorities
from aiapp.domain.objectstore.credentials import (
    ACCESS_KEY_NAMES,
    SECRET_KEY_NAMES,
    Credentials,
    CredentialsError,
)
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy, Network
from aiapp.domain.objectstore.location import URI, URI_FORM, Location
from aiapp.domain.printable import printable
from aiapp.fetch.failures import ExitCode, FetchError, path_of
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.http.tickets import Operator
from aiapp.fetch.run import Fetched, Request, failure_message, fetch
from aiapp.s3.addressing import AddressError, address

TERMINATED = 143
LONGEST_MESSAGE = 4096
KUBELETS_LOG = Path("/dev/termination-log")
UMASKS = {"0640": 0o027, "0600": 0o077}
"""By the mode of files; folders may be entered by whoever may read."""

_path = click.Path(path_type=Path)


class _Uri(click.ParamType[str]):
    """A folder in object storage."""

    name = "URI"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not URI.fullmatch(value):
            self.fail(f"{value!r} is not {URI_FORM}", param, ctx)
        return value


class _Digest(click.ParamType[str]):
    """A content digest."""

    name = "DIGEST"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not is_digest(value):
            self.fail(f"{value!r} is not sha256: and 64 lower-case hex digits", param, ctx)
        return value


class _Range(click.ParamType[Network]):
    """A range of addresses in CIDR notation."""

    name = "CIDR"

    @override
    def convert(self, value: str | Network, param: click.Parameter | None, ctx: click.Context | None) -> Network:
        try:
            return ip_network(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def policy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options on what endpoints are allowed, which the command gets as `policy: EndpointPolicy`."""

    @click.option("--allow-host", multiple=True, metavar="NAME", help="Host, or *.DOMAIN, to allow. Default: all.")
    @click.option("--allow-range", multiple=True, type=_Range(), help="Addresses to allow although they are refused.")
    @click.option("--refuse-range", multiple=True, type=_Range(), help="Addresses to refuse beside loopback and such.")
    @functools.wraps(command)
    def gathered(
        allow_host: tuple[str, ...], allow_range: tuple[Network, ...], refuse_range: tuple[Network, ...], **others: Any
    ) -> None:
        command(policy=EndpointPolicy(allow_host, allow_range, refuse_range), **others)

    return gathered


def ticket_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options on tickets, which the command gets as `operator: Operator | None`."""

    @click.option("--tickets", metavar="URL", help="Instead of --uri: the operator's server, which gives addresses.")
    @click.option("--tickets-authority", metavar="PEM", default="", help="The certificate that vouches for it.")
    @click.option("--token", type=_path, default=Path(TOKEN_FILE), help="The pod's token for that server.")
    @click.option("--proof", type=_path, default=Path(PROOF_FILE), help="The secret that `aiapp identify` made.")
    @functools.wraps(command)
    def gathered(tickets: str | None, tickets_authority: str, token: Path, proof: Path, **others: Any) -> None:
        chosen = Operator(url=tickets, authority=tickets_authority, token=token, proof=proof) if tickets else None
        command(operator=chosen, **others)

    return gathered


@click.command("fetch")
@click.option(
    "--manifest",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The manifest, as it lies in its ConfigMap (gzip), or the folder of its parts manifest.gz.*.",
)
@click.option("--pin", required=True, metavar="sha256:HEX", help="The digest that the manifest must have.")
@click.option("--uri", type=_Uri(), metavar="URI", help="Folder of the package: obs://bucket/path/ or s3://...")
@ticket_options
@store_options(must_exist=False)
@policy_options
@click.option("--target", required=True, type=_path, help="Folder that the package is fetched into.")
@click.option("--recorded", type=_path, help="Folder with the record of the content, if there is one yet.")
@click.option("--digest", type=_Digest(), metavar="sha256:HEX", help="The content digest that the package must have.")
@click.option(
    "--file-mode", type=click.Choice(tuple(UMASKS)), help="Mode of the files; that of folders follows. Default: 0644."
)
@click.option("--server", type=_path, help="Also write the model server to this file.")
@click.option("--metrics-file", type=_path, help="Keep a file for Prometheus (textfile format) with the progress.")
@click.option("--termination-log", type=_path, help="Write the result here. Default: where the kubelet reads it.")
def command(  # noqa: PLR0913, PLR0917 - click passes each option by name
    manifest: Path,
    pin: str,
    uri: str | None,
    operator: Operator | None,
    store: StoreChoice,
    policy: EndpointPolicy,
    target: Path,
    recorded: Path | None,
    digest: str | None,
    file_mode: str | None,
    server: Path | None,
    metrics_file: Path | None,
    termination_log: Path | None,
) -> None:
    r"""Download exactly the files of a manifest into a folder, or fail loudly.

    Files that are complete from an earlier attempt are kept. Keys come from the folder of a mounted Secret or from the
    environment (accessKeyId and secretAccessKey, or the AWS or OBS spellings); without any, access is anonymous.

    Loopback, link-local, metadata, multicast and unspecified addresses are refused, unless --allow-range names them.

    \b
    Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 not the content that was pinned or is demanded; 4 access denied;
    5 the store cannot be reached or trusted; 6 not enough space.

    \b
    Example:
      aiapp fetch --manifest manifest.gz --pin sha256:4baf... --uri obs://models/mnist/1.0.0/ \
        --endpoint https://obs.cn-north-4.myhuaweicloud.com --target /home/mind/model
    """
    with _ends_told(termination_log, target):
        request = Request(
            manifest=manifest,
            pin=pin,
            access=_access(uri, store, policy) if operator is None else _without_keys(store, policy),
            operator=operator,
            target=target,
            recorded=recorded,
            stated=digest,
            server=server,
            metrics_file=metrics_file,
        )
        fetched = _fetched(request, UMASKS[file_mode] if file_mode else None)
    _succeed(termination_log, fetched.message())


@contextmanager
def _ends_told(termination_log: Path | None, target: Path) -> Iterator[None]:
    """Ends the process at once by SIGTERM, and with message and exit code when something fails."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(TERMINATED))
    try:
        yield
    except FetchError as error:
        _fail(termination_log, error)
    except OSError as error:
        message = f"cannot write {path_of(error) or target}: {error.strerror}"
        _fail(termination_log, FetchError(Reason.FETCH_FAILED, message))


def _fetched(request: Request, umask: int | None) -> Fetched:
    """The root of a pod's volume is the kubelet's, so that only root may change its mode."""
    if umask is None:
        return fetch(request, time.monotonic)
    os.umask(umask)
    fetched = fetch(request, time.monotonic)
    with suppress(PermissionError):
        request.target.chmod(0o777 & ~umask)
    return fetched


def _without_keys(store: StoreChoice, policy: EndpointPolicy) -> Access:
    """Where the store is, the operator's tickets say."""
    return Access(Location("", ""), allow_http=store.allow_http, policy=policy, proxies=proxies_of_environment())


def _access(uri: str | None, store: StoreChoice, policy: EndpointPolicy) -> Access:
    if uri is None:
        raise click.UsageError("say where the package lies (--uri), or who gives tickets for it (--tickets)")
    folder = store.location(uri)
    return Access(
        folder,
        _keys(store.credentials),
        _authorities(store.ca_bundle),
        store.allow_http,
        policy=_applicable(policy, folder),
        proxies=proxies_of_environment(),
    )


def _applicable(policy: EndpointPolicy, folder: Location) -> EndpointPolicy:
    """The policy, when it allows the endpoint as far as it is written; resolved addresses are checked later."""
    try:
        found = address(folder)
    except AddressError as error:
        raise FetchError(Reason.ENDPOINT_REFUSED, str(error)) from error
    refusals = {
        "--allow-host": policy.host_refusal(found.store),
        "--allow-range": policy.written_refusal(found.hostname),
    }
    for option, refusal in refusals.items():
        if refusal is not None:
            raise FetchError(Reason.ENDPOINT_REFUSED, f"{refusal}: refused, unless {option} allows it")
    return policy


def _authorities(bundle: Path | None) -> bytes | None:
    if bundle is None:
        return None
    if not bundle.is_file():
        message = f"the CA bundle {bundle} is absent: does the object of caBundleRef exist, and has it that key?"
        raise FetchError(Reason.CA_BUNDLE_NOT_FOUND, message)
    try:
        return authorities(bundle.read_bytes()).encode()
    except AuthoritiesError as error:
        raise FetchError(Reason.CA_BUNDLE_INVALID, f"the CA bundle {bundle} {error}") from error


def _keys(secret: Path | None) -> Credentials | None:
    try:
        found = keys_in(secret)
    except CredentialsError as error:
        raise FetchError(Reason.SECRET_NOT_FOUND, str(error)) from error
    if secret is not None and found is None:
        message = (
            f"the credentials Secret is absent or has no keys: set {ACCESS_KEY_NAMES[0]} and {SECRET_KEY_NAMES[0]}"
        )
        raise FetchError(Reason.SECRET_NOT_FOUND, message)
    return found


def _succeed(termination_log: Path | None, message: str) -> NoReturn:
    _report(termination_log, message)
    click.echo(message)
    leave(ExitCode.DONE)


def _fail(termination_log: Path | None, error: FetchError) -> NoReturn:
    _report(termination_log, failure_message(error))
    click.echo(f"{error.reason}: {printable(error.message, LONGEST_MESSAGE)}", err=True)
    leave(error.exit_code)


def _report(path: Path | None, message: str) -> None:
    """The kubelet's file is written only where the kubelet has mounted it."""
    if path is None and KUBELETS_LOG.exists() and os.access(KUBELETS_LOG, os.W_OK):
        path = KUBELETS_LOG
    if path is not None:
        path.write_text(message, "utf-8")
