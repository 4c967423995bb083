"""`aiapp promote`: a registered version as a manifest for another place, held to the same content."""

from typing import Final

import click

from aiapp.cli.cluster import Choice, UserCluster, cluster_options, run
from aiapp.cli.output import as_json, as_yaml
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.version.promotion import Destination, NotPromotableError, is_unconfirmed, needs, promoted

_FORMATS: Final = {"yaml": as_yaml, "json": as_json}


@click.command("promote")
@click.argument("version")
@click.option("--to-namespace", metavar="NAMESPACE", help="Namespace in the manifest. Default: none; kubectl decides.")
@click.option("--uri", metavar="URI", help="Folder of the package there. Default: the same.")
@click.option("--endpoint", metavar="URL", help="Address of the store there. Default: the same.")
@click.option("--region", help="Region of the store there. Default: the same.")
@click.option("--addressing", type=click.Choice(["Auto", "Path", "Virtual"]), help="Default: the same.")
@click.option("-o", "--output", type=click.Choice(list(_FORMATS)), default="yaml", show_default=True)
@cluster_options
def command(  # noqa: PLR0913, PLR0917 - click passes each option by name
    version: str,
    to_namespace: str | None,
    uri: str | None,
    endpoint: str | None,
    region: str | None,
    addressing: str | None,
    output: str,
    choice: Choice,
) -> None:
    r"""Print a registered version as a manifest for another namespace, cluster or bucket.

    The manifest states the digest of the content (digest of its source): applied there, the version is the same model
    or says DigestMismatch. The files themselves are not copied: copy them first with any tool. Labels, annotations and
    status are left out; Secrets and other objects that the version names must exist there, and are listed on standard
    error.

    \b
    Exit codes: 0 printed; 1 refused, or the digest of the content is not known yet; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp promote mnist-1.0.0 -n staging --to-namespace production > mnist-1.0.0.yaml
      aiapp promote mnist-1.0.0 -n staging --uri obs://released/mnist/1.0.0/ \
        --endpoint https://obs.cn-south-1.myhuaweicloud.com | kubectl --context other apply -n vision -f -
    """
    there = Destination(namespace=to_namespace, uri=uri, endpoint=endpoint, region=region, addressing=addressing)
    found = run(choice, lambda cluster: _version(cluster, version))
    try:
        manifest = promoted(found, there)
    except NotPromotableError as error:
        raise click.ClickException(str(error)) from error
    _require_valid(manifest)
    _tell(found, manifest)
    click.echo(_FORMATS[output](manifest), nl=False)


async def _version(cluster: UserCluster, name: str) -> Json:
    return await cluster.get(VERSIONS, name)


def _require_valid(manifest: Json) -> None:
    """What the API server would refuse there is refused here."""
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` must not wait for the models

    from aiapp.api.version import AIApplicationVersion  # noqa: PLC0415

    try:
        AIApplicationVersion.model_validate(manifest)
    except ValidationError as error:
        raise click.UsageError("; ".join(str(e["msg"]) for e in error.errors(include_url=False))) from None


def _tell(version: Json, manifest: Json) -> None:
    if is_unconfirmed(version):
        click.echo(
            "note: no pod has fetched this content yet; the digest is what the version's own source states", err=True
        )
    if wanted := needs(manifest):
        where = manifest["metadata"].get("namespace", "the namespace it is applied to")
        click.echo(f"note: must exist in {where}: {', '.join(wanted)}", err=True)
