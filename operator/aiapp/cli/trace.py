"""`aiapp trace`: where a version comes from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS, as_json
from aiapp.cli.output.terminal import unsteered

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.resources import Json

INDENT: Final = "  "


@click.command("trace")
@click.argument("version")
@click.option(
    "-o",
    "--output",
    "--format",
    "output",
    type=click.Choice(["tree", "slsa", *FORMATS]),
    default="tree",
    show_default=True,
)
@cluster_options
def command(version: str, output: str, choice: ClusterChoice) -> None:
    r"""Show where a version comes from: content, training job, images, source code, data, nodes, metrics.

    slsa is an in-toto Statement with SLSA provenance v1, whose subject is the content of the version: the whole record
    of a training job, or what is known of where a version of another source was registered from. It is refused where
    the record is no longer what the operator wrote.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or not enough is known; 2 wrong arguments or no cluster.

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
    click.echo(FORMATS[output](found) if output in FORMATS else "\n".join(map(unsteered, tree(found))) + "\n", nl=False)


def tree(document: "Json") -> Iterator[str]:
    """The chain from the application to the nodes, a line each; what belongs to something stands below it."""
    artifact, source, provenance = (document.get(part) or {} for part in ("artifact", "source", "provenance"))
    yield f"application {document['application']}"
    yield f"{INDENT}version {document['number']}"
    yield f"{INDENT * 2}content {_content(artifact)}"
    yield f"{INDENT * 2}source {source.get('type', 'not read yet')} {source.get('uri', '')}".rstrip()
    yield from (f"{INDENT * 3}{line}" for line in _origin(source.get("trainingJob"), provenance))
    if metrics := document.get("metrics"):
        yield f"{INDENT * 2}metrics {', '.join(f'{name} {value}' for name, value in metrics.items())}"
    by = f" by {provenance['createdBy']}" if "createdBy" in provenance else ""
    yield f"{INDENT * 2}made{by} at {provenance.get('createdAt', '-')}"


def _content(artifact: "Json") -> str:
    """A pin is of names and ETags: only digests of two versions tell whether they hold the same."""
    if (known := artifact.get("digest", artifact.get("image"))) is not None:
        return str(known)
    return f"pinned as {artifact['pin']}, its digest is known once a pod has it" if artifact else "not pinned yet"


def _origin(job: "Json | None", provenance: "Json") -> Iterator[str]:
    from aiapp.domain.provenance.summary import described  # noqa: PLC0415 - as above

    if job is not None:
        yield f"{job['kind']} {job['name']}, {job['state']}, uid {job['uid']}"
        yield f"from {job.get('startedAt', '-')} to {job.get('finishedAt', '-')}"
    for image in provenance.get("images", ()):
        yield f"image {image['image']} {image.get('digest', '')}".rstrip()
    if "repository" in provenance or "revision" in provenance:
        yield " ".join(("code", *(provenance[key] for key in ("repository", "revision") if key in provenance)))
    for data in provenance.get("datasets", ()):
        yield f"data {data['name']} {data.get('uri', '')} {data.get('digest', '')}".rstrip()
    for node in provenance.get("nodes", ()):
        yield f"node {described(node)}"
