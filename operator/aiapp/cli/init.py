"""`aiapp init`: the first manifests of a package."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.check import checked_package, refuse_strange
from aiapp.cli.options.store import StoreChoice, UnreachedError, store_options
from aiapp.cli.output.documents import as_json, as_yaml
from aiapp.domain.objectstore.location import URI, URI_FORM
from aiapp.domain.printable import printable

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.resources import Json
    from aiapp.domain.offline.report import Checked

LONGEST = 4096


@click.command("init")
@click.argument("target", metavar="FOLDER|URI")
@click.option("--uri", help="Of a local folder: where its package will lie, obs://bucket/path/.")
@click.option("--application", metavar="NAME", help="Default: the folder's name.")
@click.option(
    "--version", "number", metavar="NUMBER", help="Default: where the folder is called like one, that; else 0.0.1."
)
@click.option("--runtime", metavar="NAME", help="Runtime or alias. Default: the one that config.json names.")
@click.option("--secret", metavar="NAME", help="Secret with the keys for the store, in the version's namespace.")
@click.option("-n", "--namespace", help="Namespace of the objects. Default: the one they are applied to.")
@click.option("--managed", is_flag=True, help="Manage it alone: the application serves nothing yet.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@store_options()
def command(  # noqa: PLR0913 - one for each option
    target: str,
    store: StoreChoice,
    *,
    uri: str | None,
    application: str | None,
    number: str | None,
    runtime: str | None,
    secret: str | None,
    namespace: str | None,
    managed: bool,
    output: str,
) -> None:
    r"""Read a model package, and print the manifests of its version and its application, ready for kubectl apply.

    The target is a folder in object storage, or a local one whose place there --uri names. The package is checked as
    `aiapp check` does it; one that would be refused has no manifests. --endpoint, --region and --addressing are those
    of the manifest too. Of weights and other files without a config.json a runtime has to be named.

    \b
    Exit codes: 0 printed; 1 the package is refused, or its manifests would be; 2 wrong arguments;
    3 the store cannot be reached or denies access.

    \b
    Examples:
      aiapp init obs://models/mnist/1.0.0/ --endpoint https://obs.cn-north-4.myhuaweicloud.com --secret obs
      aiapp init ./mnist --uri obs://models/mnist/1.0.0/ --secret obs | kubectl apply -n vision -f -
    """
    refuse_strange((target,))
    place = _place(target, uri)  # before a store is asked
    checked = checked_package(target, runtime, store)
    _require_accepted(checked)
    documents = _manifests(
        place,
        application,
        number,
        _folder(place, store, secret),
        runtime=runtime,
        namespace=namespace,
        serves=not managed,
    )
    if output == "json":
        click.echo(as_json({"apiVersion": "v1", "kind": "List", "items": documents}), nl=False)
        return
    click.echo(f"# {printable(target, LONGEST)}: {printable(checked.message, LONGEST)}")
    click.echo("---\n".join(map(as_yaml, documents)), nl=False)


def _place(target: str, uri: str | None) -> str:
    if "://" in target:
        if uri is not None:
            raise click.UsageError("--uri is for a local folder: the target is a URI already")
        return target
    if not Path(target).is_dir():
        raise click.UsageError(f"{target!r} is no folder: name the package's folder")
    if uri is None:
        raise click.UsageError(f"say with --uri where in object storage the package of {target} will lie")
    if not URI.fullmatch(uri):
        raise click.UsageError(f"--uri: {uri!r} is not {URI_FORM}")
    return uri


def _require_accepted(checked: "Checked") -> None:
    for diagnostic in checked.diagnostics:
        if diagnostic.severity != "error":
            click.echo(f"note: {printable(diagnostic.message, LONGEST)}", err=True)
    if checked.outcome != "accepted":
        kind = UnreachedError if checked.outcome == "unknown" else click.ClickException
        raise kind(f"{checked.reason}: {printable(checked.message, LONGEST)}")


def _folder(uri: str, store: StoreChoice, secret: str | None) -> "Json":
    """The package in its store, as the options say it."""
    chosen: dict[str, Any] = {"endpoint": store.endpoint, "region": store.region}
    if store.addressing != "Auto":
        chosen["addressing"] = store.addressing
    if secret is not None:
        chosen["credentialsSecretRef"] = {"name": secret}
    return {"uri": f"{uri.rstrip('/')}/"} | {key: value for key, value in chosen.items() if value}


def _manifests(place: str, application: str | None, version: str | None, folder: "Json", **others: Any) -> "list[Json]":
    from aiapp.domain.offline.manifests import UnnamedError, first_manifests, named  # noqa: PLC0415
    from aiapp.queries.package_check import refused_by_api  # noqa: PLC0415

    try:
        documents = first_manifests(named(place, application, version), folder, **others)
    except UnnamedError as error:
        raise click.UsageError(str(error)) from error
    if fault := refused_by_api(documents):
        raise click.ClickException(f"the manifests would be refused: {fault}")
    return documents
