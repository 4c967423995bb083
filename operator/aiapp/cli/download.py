"""`aiapp download`: the files of a registered version, held to what was pinned."""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.store import keys_in, proxies_of_environment
from aiapp.cli.output.terminal import leave
from aiapp.domain.objectstore.credentials import Credentials, CredentialsError
from aiapp.domain.printable import printable
from aiapp.domain.sizes import human_size

if TYPE_CHECKING:
    from aiapp.queries.download import Downloadable

INTERRUPTED: Final = 130
LONGEST_MESSAGE: Final = 4096


@click.command("download")
@click.argument("version")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--endpoint", metavar="URL", help="Address of the store from here. Default: as the version says.")
@click.option(
    "--credentials",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with a file for each key, as a mounted Secret. Default: the Secret that the version names.",
)
@cluster_options
def command(version: str, folder: Path, endpoint: str | None, credentials: Path | None, choice: ClusterChoice) -> None:
    r"""Download the files of a version into a new folder, exactly as they were pinned.

    The manifest comes from the cluster, the files from the store that the version names, with the keys of its Secret,
    which are read with your own rights. Each file must have the state that was pinned, and all together the digest of
    the content, where that is known. DIR appears once everything is there; what is complete is kept in a hidden
    folder beside it until then, so that the same command continues after an interruption. A folder that holds the very
    content already is left as it is, any other that is not empty is refused.

    An image is pulled by its digest with any tool; the message says which. A model of ExeML stays where it is.

    \b
    Exit codes: 0 done; 1 refused, no such version, or failed; 2 wrong arguments or no cluster; 3 not the content that
    was pinned; 4 access denied; 5 the store cannot be reached or trusted; 6 not enough space.

    \b
    Examples:
      aiapp download mnist-1.0.0 ./mnist-1.0.0
      aiapp download mnist-1.0.0 ./mnist-1.0.0 --endpoint https://obs.cn-north-4.myhuaweicloud.com
    """
    from aiapp.fetch.failures import ExitCode, FetchError, path_of  # noqa: PLC0415 - `--help` must not wait for them
    from aiapp.queries.download import StoreOverride, downloadable  # noqa: PLC0415

    keys = _keys(credentials)
    other = StoreOverride(endpoint=endpoint, own_keys=keys is not None)
    found = answered(choice, lambda cluster: downloadable(cluster, version, other))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    try:
        click.echo(_fetched(found, folder, keys))
    except FetchError as error:
        _fail(printable(error.message, LONGEST_MESSAGE), error.exit_code)
    except OSError as error:
        _fail(f"cannot write {path_of(error) or folder}: {error.strerror}", ExitCode.FAILED)


def _fetched(version: "Downloadable", folder: Path, keys: Credentials | None) -> str:
    """What became of it, for people."""
    from aiapp.fetch.http.s3_reader import Access  # noqa: PLC0415
    from aiapp.fetch.whole_folder import Wanted, fetch_whole  # noqa: PLC0415

    store, package = version.store, version.package
    access = Access(
        store.where,
        keys or store.credentials,
        store.where.authorities.encode() if store.where.authorities else None,
        version.allow_http,
        proxies=proxies_of_environment(),
    )
    wanted = Wanted(manifest=package.manifest, content=package.content, access=access)
    fetched = fetch_whole(wanted, folder, time.monotonic)
    if fetched is None:
        return f"{folder} holds this content already"
    by = "the digest of its content" if fetched.verified == "SHA256" else "the ETag of every file"
    size = human_size(fetched.bytes)
    return f"{fetched.files} files, {size}, in {folder}: {fetched.content.digest}, verified by {by}"


def _keys(folder: Path | None) -> Credentials | None:
    if folder is None:
        return None
    try:
        found = keys_in(folder)
    except CredentialsError as error:
        raise click.UsageError(f"--credentials: {error}") from error
    if found is None:
        raise click.UsageError(f"--credentials: {folder} has no accessKeyId and secretAccessKey")
    return found


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    leave(code)
