"""Options of commands that read object storage, and what they mean. Never prints a key."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from aiapp.domain.objectstore.ca_bundle import AuthoritiesError, authorities
from aiapp.domain.objectstore.credentials import (
    ACCESS_KEY_NAMES,
    SECRET_KEY_NAMES,
    Credentials,
    CredentialsError,
    credentials,
)
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.location import Addressing, Location, location
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.s3.addressing import AddressError, address
from aiapp.s3.errors import CLI_HINTS

if TYPE_CHECKING:
    from aiapp.adapters.objectstore.s3 import S3Store

_ENVIRONMENT = os.environ  # noqa: TID251 - an entry point
_EVERYWHERE: Final = EndpointPolicy(allowed_ranges=(ip_network("0.0.0.0/0"), ip_network("::/0")))
"""The policy guards an operator against its users; who runs a command reaches what that person may reach anyway."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """What the options say of the store."""

    endpoint: str | None = None
    region: str | None = None
    addressing: Addressing = "Auto"
    keys: Path | None = None
    ca_bundle: Path | None = None
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class _Folder:
    uri: str
    endpoint: str | None
    region: str | None
    addressing: Addressing


def store_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Adds the options to a click command, which gets them as `store: StoreChoice`."""

    @click.option("--endpoint", metavar="URL", help="Address of the store. Default: AWS S3 of the region.")
    @click.option("--region", help="Region for signing requests. Default: us-east-1.")
    @click.option("--addressing", type=click.Choice(["Auto", "Path", "Virtual"]), default="Auto", show_default=True)
    @click.option(
        "--credentials",
        "keys",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder with a file for each key, as a mounted Secret. Default: the environment.",
    )
    @click.option(
        "--ca-bundle",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Authorities to trust beside the public ones (PEM).",
    )
    @click.option("--allow-http", is_flag=True, help="Accept an endpoint without TLS.")
    @functools.wraps(command)
    def gathered(
        endpoint: str | None,
        region: str | None,
        addressing: Addressing,
        keys: Path | None,
        ca_bundle: Path | None,
        allow_http: bool,  # noqa: FBT001
        **others: Any,
    ) -> Result:
        choice = StoreChoice(endpoint, region, addressing, keys, ca_bundle, allow_http)
        return command(store=choice, **others)

    return gathered


def place(uri: str, choice: StoreChoice) -> tuple[Location, Credentials | None]:
    """Where the package lies, and the keys for it (None: anonymous). Raises `click.UsageError`."""
    where = location(_Folder(uri, choice.endpoint, choice.region, choice.addressing))
    try:
        address(where)
    except AddressError as error:
        raise click.UsageError(str(error)) from error
    return replace(where, authorities=_authorities(choice.ca_bundle)), _keys(choice.keys)


def object_store(choice: StoreChoice) -> "S3Store":
    """To be closed at the end."""
    from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings  # noqa: PLC0415 - `--help` must not wait for it

    proxies = Proxies(_variable("HTTPS_PROXY"), _variable("HTTP_PROXY"), _variable("NO_PROXY"))
    settings = StoreSettings(allow_http=choice.allow_http, policy=_EVERYWHERE, proxies=proxies, hints=CLI_HINTS)
    return S3Store(settings)


def _variable(name: str) -> str:
    return _ENVIRONMENT.get(name) or _ENVIRONMENT.get(name.lower(), "")


def _authorities(bundle: Path | None) -> str | None:
    if bundle is None:
        return None
    try:
        return authorities(bundle.read_bytes())
    except (AuthoritiesError, OSError) as error:
        raise click.UsageError(f"--ca-bundle: {bundle} {error}") from error


def _keys(folder: Path | None) -> Credentials | None:
    if folder is None:
        values = dict(_ENVIRONMENT)
    else:
        files = (path for path in folder.iterdir() if path.is_file())
        values = {path.name: path.read_text("utf-8", errors="replace") for path in files}
    try:
        found = credentials(values)
    except CredentialsError as error:
        raise click.UsageError(str(error)) from error
    if folder is not None and found is None:
        raise click.UsageError(f"--credentials: {folder} has no {ACCESS_KEY_NAMES[0]} and {SECRET_KEY_NAMES[0]}")
    return found
