"""`aiapp trace`: where a version comes from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS, as_json

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.resources import Json

INDENT: Final = "  "


@click.command("trace")
@click.argument("version")
@click.option("-o", "--output", type=click.Choice(["tree", "slsa", *FORMATS]), default="tree", show_default=True)
@cluster_options
def command(version: str, output: str, choice: ClusterChoice) -> None:
    r"""Show where a version comes from: content, training job, images, source code, data, nodes.

    slsa is the whole record of a training job as an in-toto Statement with SLSA provenance v1, whose subject is the
    content of the version; it is refused where the record is no longer what the operator wrote.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or there is no such version or record; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp trace mnist-1.0.0
      aiapp trace mnist-1.0.0 -o slsa | jq .predicate.buildDefinition.resolvedDependencies
    """
    from aiapp.queries.trace import slsa, trace  # noqa: PLC0415 - `--help` must not wait for the models

    if output == "slsa":
        click.echo(as_json(answered(choice, lambda cluster: slsa(cluster, version))), nl=False)
        return
    found = answered(choice, lambda cluster: trace(cluster, version)).document
    click.echo(FORMATS[output](found) if output in FORMATS else "\n".join(tree(found)) + "\n", nl=False)


def tree(found: "Json") -> Iterator[str]:
    """The chain from the version to the nodes, a line each."""
    artifact, source = found.get("artifact") or {}, found.get("source") or {}
    known, job = found.get("provenance") or {}, source.get("trainingJob")
    yield f"version {found['number']} of {found['application']}"
    content = (artifact[key] for key in ("digest", "image", "pin") if key in artifact)
    yield f"{INDENT}content {next(content, 'not pinned yet')}"
    yield f"{INDENT}source {source.get('type', 'unknown')} {source.get('uri', '')}".rstrip()
    if job is not None:
        yield f"{INDENT * 2}{job['kind']} {job['name']}, {job['state']}, uid {job['uid']}"
        yield f"{INDENT * 2}from {job.get('startedAt', '-')} to {job.get('finishedAt', '-')}"
    for image in known.get("images", ()):
        yield f"{INDENT * 2}image {image['image']} {image.get('digest', '')}".rstrip()
    if "repository" in known or "revision" in known:
        yield f"{INDENT * 2}code {known.get('repository', '')} {known.get('revision', '')}".rstrip()
    for data in known.get("datasets", ()):
        yield f"{INDENT * 2}data {data['name']} {data.get('uri', '')} {data.get('digest', '')}".rstrip()
    for node in known.get("nodes", ()):
        yield f"{INDENT * 2}node {' '.join(node.values())}"
    yield f"{INDENT}made by {known.get('createdBy', 'nobody known')} at {known.get('createdAt', '-')}"
