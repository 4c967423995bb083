"""`aiapp promote`: a registered version as a manifest for another place, held to the same content."""

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS
from aiapp.domain.version.promotion import Destination
from aiapp.queries.cluster import UserCluster


@click.command("promote")
@click.argument("version")
@click.option("--to-namespace", metavar="NAMESPACE", help="Namespace in the manifest. Default: none; kubectl decides.")
@click.option("--uri", metavar="URI", help="Folder of the package there. Default: the same.")
@click.option("--endpoint", metavar="URL", help="Address of the store there. Default: the same.")
@click.option("--region", help="Region of the store there. Default: the same.")
@click.option("--addressing", type=click.Choice(["Auto", "Path", "Virtual"]), help="Default: the same.")
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="yaml", show_default=True)
@cluster_options
def command(  # noqa: PLR0913, PLR0917 - click passes each option by name
    version: str,
    to_namespace: str | None,
    uri: str | None,
    endpoint: str | None,
    region: str | None,
    addressing: str | None,
    output: str,
    choice: ClusterChoice,
) -> None:
    r"""Print a registered version as a manifest for another namespace, cluster or bucket.

    The manifest states the digest of the content (digest of its source): applied there, the version is the same model
    or says DigestMismatch. The files themselves are not copied: copy them first with any tool. An image is named by its
    digest beside its tag. Labels, annotations and
    status are left out; Secrets and other objects that the version names must exist there, and are listed on standard
    error. A model of ExeML is refused: it can be deployed and rolled out where it is registered.

    \b
    Exit codes: 0 printed; 1 refused, or the digest of the content is not known yet; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp promote mnist-1.0.0 -n staging --to-namespace production > mnist-1.0.0.yaml
      aiapp promote mnist-1.0.0 -n staging --uri obs://released/mnist/1.0.0/ \
        --endpoint https://obs.cn-south-1.myhuaweicloud.com | kubectl --context other apply -n vision -f -
    """
    from aiapp.queries.promotion import InvalidDestinationError, Promotion, promotion  # noqa: PLC0415 - slow

    there = Destination(namespace=to_namespace, uri=uri, endpoint=endpoint, region=region, addressing=addressing)

    async def question(cluster: UserCluster) -> Promotion:
        try:
            return await promotion(cluster, version, there)
        except InvalidDestinationError as error:
            raise click.UsageError(error.message) from error

    found = answered(choice, question)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(FORMATS[output](found.manifest), nl=False)
