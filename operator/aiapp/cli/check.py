"""`aiapp check`: packages and manifests against the rules of the operator and of the API server, without a cluster."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from aiapp.cli.options.store import StoreChoice, object_store, reachable, store_options
from aiapp.cli.output.findings import FORMATS
from aiapp.domain.objectstore.location import URI, URI_FORM

if TYPE_CHECKING:
    from aiapp.domain.offline.report import Checked

MANIFESTS: Final = (".yaml", ".yml")


@click.command("check")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--runtime", metavar="NAME", help="Also refuse a package if no shipped runtime has this name or alias.")
@store_options()
def command(targets: tuple[str, ...], output: str, runtime: str | None, store: StoreChoice) -> None:
    r"""Check model packages and manifests as the operator and the API server would, without a cluster.

    A TARGET is a local folder, a folder in object storage (obs:// or s3://) or a .yaml file with objects of
    aiapp.dev. Every fault is listed, and everything that would be read leniently. Keys for a store come from
    --credentials or from the environment (accessKeyId and secretAccessKey, or the AWS or OBS spellings); without
    any, access is anonymous.

    \b
    Exit codes: 0 everything is accepted; 1 something is refused; 2 wrong arguments;
    3 something was not checked (a store that does not answer or denies access).

    \b
    Examples:
      aiapp check ./mnist deploy/*.yaml
      aiapp check obs://models/mnist/1.0.0/ --endpoint https://obs.cn-north-4.myhuaweicloud.com
      aiapp check ./mnist -o github          annotations in a GitHub workflow
      aiapp check ./mnist -o json | jq '.results[].package.model'
    """
    refuse_strange(targets)
    from aiapp.domain.offline.report import exit_code  # noqa: PLC0415 - `--help` must not wait for the models

    found = []
    with _progress() as show:
        for number, target in enumerate(targets, start=1):
            show(f"checking {target} ({number} of {len(targets)})")
            found.append(_checked(target, runtime, store))
    click.echo(FORMATS[output](found), nl=False)
    sys.exit(exit_code(found))


def _checked(target: str, runtime: str | None, store: StoreChoice) -> "Checked":
    from aiapp.queries.package_check import of_manifests  # noqa: PLC0415

    if "://" not in target and Path(target).is_file():
        return of_manifests(target)
    return checked_package(target, runtime, store)


def checked_package(target: str, runtime: str | None, store: StoreChoice) -> "Checked":
    """What an operator would do with the package in that folder, here or in object storage."""
    return asyncio.run(_package(target, runtime, store))


async def _package(target: str, runtime: str | None, choice: StoreChoice) -> "Checked":
    from aiapp.adapters.objectstore.folder import FolderStore, folder_location  # noqa: PLC0415
    from aiapp.adapters.shipped import shipped_runtimes  # noqa: PLC0415
    from aiapp.adapters.syntax.parser import IsolatedParser  # noqa: PLC0415
    from aiapp.queries.package_check import PackageCheck  # noqa: PLC0415

    parser = IsolatedParser()
    check = PackageCheck(parser, shipped_runtimes(), runtime)
    try:
        if "://" not in target:
            return await check.of(target, folder_location(Path(target)), None, FolderStore())
        where, keys = reachable(target, choice)
        store = object_store(choice)
        try:
            return await check.of(target, where, keys, store)
        finally:
            await store.close()
    finally:
        await parser.close()


def refuse_strange(targets: tuple[str, ...]) -> None:
    """Ends the command where a target is neither a URI nor a folder or file that exists."""
    for target in targets:
        if "://" in target:
            if not URI.fullmatch(target):
                raise click.UsageError(f"{target!r} is not {URI_FORM}")
        elif not Path(target).exists():
            raise click.UsageError(f"{target!r} does not exist")
        elif not Path(target).is_dir() and Path(target).suffix not in MANIFESTS:
            raise click.UsageError(f"{target!r} is neither a folder nor a .yaml file: name the package's folder")


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows on a terminal, on standard error, what is being done."""
    console = Console(stderr=True)
    with console.status("") if console.is_terminal else nullcontext() as status:
        yield status.update if status is not None else lambda _: None
