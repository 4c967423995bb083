"""Options of commands that read object storage, and what they stand for. Never prints a key."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiapp.domain.objectstore.ca_bundle import AuthoritiesError, authorities
from aiapp.domain.objectstore.credentials import (
    ACCESS_KEY_NAMES,
    SECRET_KEY_NAMES,
    Credentials,
    CredentialsError,
    credentials,
)
from aiapp.domain.objectstore.endpoint_policy import EVERYWHERE
from aiapp.domain.objectstore.location import Addressing, Location, location
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.s3.addressing import AddressError, address
from aiapp.s3.errors import CLI_HINTS

if TYPE_CHECKING:
    from aiapp.adapters.objectstore.s3 import S3Store

_ENVIRONMENT = os.environ  # noqa: TID251 - an entry point
Command = Callable[..., None]


class UnreachedError(click.ClickException):
    """A store cannot be reached or denies access."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """What the options say of the store."""

    endpoint: str | None = None
    region: str | None = None
    addressing: Addressing = "Auto"
    credentials: Path | None = None
    ca_bundle: Path | None = None
    allow_http: bool = False

    def location(self, uri: str) -> Location:
        """The folder with that URI in the store, without authorities."""
        return location(_Folder(uri, self.endpoint, self.region, self.addressing))


@dataclass(frozen=True, slots=True)
class _Folder:
    uri: str
    endpoint: str | None
    region: str | None
    addressing: Addressing


def store_options(*, must_exist: bool = True) -> Callable[[Command], Command]:
    """Adds the options to a click command, which gets them as `store: StoreChoice`.

    Unless files `must_exist`, the command itself reports those that are absent.
    """
    folder = click.Path(exists=must_exist, file_okay=False, path_type=Path)
    file = click.Path(exists=must_exist, dir_okay=False, path_type=Path)

    def decorated(command: Command) -> Command:
        @click.option("--endpoint", metavar="URL", help="Address of the store. Default: AWS S3 of the region.")
        @click.option("--region", help="Region for signing requests. Default: us-east-1.")
        @click.option("--addressing", type=click.Choice(["Auto", "Path", "Virtual"]), default="Auto", show_default=True)
        @click.option(
            "--credentials",
            type=folder,
            help="Folder with a file for each key, as a mounted Secret. Default: the environment.",
        )
        @click.option("--ca-bundle", type=file, help="Authorities to trust beside the public ones (PEM).")
        @click.option("--allow-http", is_flag=True, help="Accept an endpoint without TLS.")
        @functools.wraps(command)
        def gathered(**options: Any) -> None:
            own = {name: options.pop(name) for name in StoreChoice.__slots__}
            command(store=StoreChoice(**own), **options)

        return gathered

    return decorated


def reachable(uri: str, choice: StoreChoice) -> tuple[Location, Credentials | None]:
    """Where the package lies, and the keys for it (None: anonymous). Raises `click.UsageError`."""
    where = choice.location(uri)
    try:
        address(where)
        keys = keys_in(choice.credentials)
    except (AddressError, CredentialsError) as error:
        raise click.UsageError(str(error)) from error
    if keys is None and choice.credentials is not None:
        names = f"{ACCESS_KEY_NAMES[0]} and {SECRET_KEY_NAMES[0]}"
        raise click.UsageError(f"--credentials: {choice.credentials} has no {names}")
    return replace(where, authorities=_authorities(choice.ca_bundle)), keys


def object_store(choice: StoreChoice) -> "S3Store":
    """To be closed at the end."""
    from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings  # noqa: PLC0415 - `--help` must not wait for it

    # The policy guards an operator against its users; a command reaches what its user may reach anyway.
    settings = StoreSettings(
        allow_http=choice.allow_http, policy=EVERYWHERE, proxies=proxies_of_environment(), hints=CLI_HINTS
    )
    return S3Store(settings)


def proxies_of_environment() -> Proxies:
    """Those that programs usually take, in either case."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
    return Proxies(*(_ENVIRONMENT.get(name) or _ENVIRONMENT.get(name.lower(), "") for name in names))


def keys_in(folder: Path | None) -> Credentials | None:
    """The keys in the files of a folder, else in the environment; None: there are none. Raises `CredentialsError`."""
    if folder is None:
        return credentials(dict(_ENVIRONMENT))
    files = (path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else ()
    return credentials({path.name: path.read_text("utf-8", errors="replace") for path in files})


def _authorities(bundle: Path | None) -> str | None:
    if bundle is None:
        return None
    try:
        return authorities(bundle.read_bytes())
    except (AuthoritiesError, OSError) as error:
        raise click.UsageError(f"--ca-bundle: {bundle} {error}") from error
