"""`aiapp openapi`: the APIs of a registered version, or of a package, as an OpenAPI document."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.cluster import Choice, cluster_options, run
from aiapp.cli.output import as_json, as_yaml
from aiapp.cli.store import StoreChoice, store_options
from aiapp.domain.objectstore.location import URI, URI_FORM
from aiapp.domain.printable import printable
from aiapp.ports import ObjectChangedError, StoreError

if TYPE_CHECKING:
    from aiapp.cli.configuration import Found

UNREACHED: Final = 3
_FORMATS: Final = {"yaml": as_yaml, "json": as_json}


@click.command("openapi")
@click.argument("target", metavar="VERSION|FOLDER|URI")
@click.option("-o", "--output", type=click.Choice(list(_FORMATS)), default="yaml", show_default=True)
@cluster_options
@store_options
def command(target: str, output: str, choice: Choice, store: StoreChoice) -> None:
    r"""Show the APIs of a model as an OpenAPI 3.1 document.

    The target is a registered version (mnist-1.0.0), a local folder (which wins over a version of that name) or a
    folder in object storage. The schemas of config.json are turned into JSON Schema 2020-12 as far as they can be;
    what was read leniently is listed under x-aiapp-repaired and on standard error.

    Of a version the config.json that was pinned is read from its store, with the Secret that it names and your own
    rights in the cluster; if the store no longer holds it, nothing is shown. The options of the store (--endpoint and
    so on) are for a folder in object storage.

    \b
    Exit codes: 0 shown; 1 refused, or the version is not pinned; 2 wrong arguments or no cluster;
    3 the store cannot be reached or denies access.

    \b
    Examples:
      aiapp openapi mnist-1.0.0 -n vision > mnist.yaml
      aiapp openapi ./mnist -o json
      aiapp openapi obs://models/mnist/1.0.0/ --endpoint https://obs.cn-north-4.myhuaweicloud.com
    """
    from aiapp.modelarts.openapi import openapi  # noqa: PLC0415 - `--help` must not wait for the models

    try:
        found = _found(target, choice, store)
    except ObjectChangedError as error:
        raise click.ClickException(f"{error.message}: the store no longer holds it") from error
    except StoreError as error:
        raise _UnreachedError(f"{error.reason}: {error.message}") from error
    for repair in found.config.model.repaired or ():
        click.echo(f"read leniently: {printable(repair)}", err=True)
    click.echo(_FORMATS[output](openapi(found.title, found.config.read)), nl=False)


class _UnreachedError(click.ClickException):
    exit_code = UNREACHED


def _found(target: str, choice: Choice, store: StoreChoice) -> "Found":
    from aiapp.cli.configuration import of_folder, of_uri, of_version  # noqa: PLC0415

    if URI.fullmatch(target):
        return asyncio.run(of_uri(target, store))
    if "://" in target:
        raise click.UsageError(f"{target!r} is not {URI_FORM}")
    if Path(target).is_dir():
        return asyncio.run(of_folder(Path(target)))
    if "/" in target:
        raise click.UsageError(f"{target!r} is no folder, no obs:// or s3:// URI and no name of a version")
    return run(choice, lambda cluster: of_version(target, cluster))
