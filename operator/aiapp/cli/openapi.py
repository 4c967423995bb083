"""`aiapp openapi`: the APIs of a registered version, or of a package, as an OpenAPI document."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options, failing_with_messages
from aiapp.cli.options.store import StoreChoice, UnreachedError, object_store, reachable, store_options
from aiapp.cli.output.documents import FORMATS
from aiapp.domain.objectstore.location import URI, URI_FORM
from aiapp.domain.printable import printable
from aiapp.ports.objectstore import ObjectChangedError, StoreError
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from aiapp.queries.api_description import ApiDescription


@click.command("openapi")
@click.argument("target", metavar="VERSION|FOLDER|URI")
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="yaml", show_default=True)
@cluster_options
@store_options()
def command(target: str, output: str, choice: ClusterChoice, store: StoreChoice) -> None:
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
    found = described(target, choice, store)
    click.echo(FORMATS[output](found.document), nl=False)


def described(target: str, choice: ClusterChoice, store: StoreChoice) -> "ApiDescription":
    """The APIs of the target; says on standard error what was read leniently, ends the command if there is none."""
    try:
        with failing_with_messages():
            found = _described(target, choice, store)
    except ObjectChangedError as error:
        raise click.ClickException(f"{error.message}: the store no longer holds it") from error
    except StoreError as error:
        raise UnreachedError(f"{error.reason}: {error.message}") from error
    for repair in found.repaired:
        click.echo(f"read leniently: {printable(repair)}", err=True)
    return found


def _described(target: str, choice: ClusterChoice, store: StoreChoice) -> "ApiDescription":
    if URI.fullmatch(target):
        return asyncio.run(_of_uri(target, store))
    if "://" in target:
        raise click.UsageError(f"{target!r} is not {URI_FORM}")
    if Path(target).is_dir():
        return asyncio.run(_of_folder(Path(target)))
    if "/" in target:
        raise click.UsageError(f"{target!r} is no folder, no obs:// or s3:// URI and no name of a version")
    return answered(choice, lambda cluster: _of_version(target, cluster))


async def _of_uri(uri: str, choice: StoreChoice) -> "ApiDescription":
    from aiapp.queries.api_description import of_package  # noqa: PLC0415 - `--help` must not wait for the models

    where, keys = reachable(uri, choice)
    store = object_store(choice)
    try:
        return await of_package(where, keys, store)
    finally:
        await store.close()


async def _of_folder(folder: Path) -> "ApiDescription":
    from aiapp.adapters.objectstore.folder import FolderStore, folder_location  # noqa: PLC0415
    from aiapp.queries.api_description import of_package  # noqa: PLC0415

    return await of_package(folder_location(folder), None, FolderStore())


async def _of_version(name: str, cluster: UserCluster) -> "ApiDescription":
    from aiapp.queries.api_description import of_version  # noqa: PLC0415

    store = object_store(StoreChoice(allow_http=True))  # whether it may be used was decided when it was imported
    try:
        return await of_version(name, cluster, store)
    finally:
        await store.close()
