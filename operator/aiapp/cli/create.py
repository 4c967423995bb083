"""`aiapp create`: the next version of an application, or an application."""

from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.description import description_options
from aiapp.cli.options.operation import waited, waiting_options
from aiapp.cli.options.writing import Writing, writing_options

if TYPE_CHECKING:
    from aiapp.domain.description import Description
    from aiapp.queries.creation import Creation


@click.group("create")
def command() -> None:
    r"""Register the next version of an application, or an application that serves nothing yet.

    \b
    Examples:
      aiapp create version mnist --uri obs://models/mnist/1.1.0/
      aiapp create application mnist --description "Reads digits"
    """


@command.command("version", short_help="Register the next version of an application.")
@click.argument("application")
@click.option("--from", "base", default="LAST", show_default=True, metavar="LAST|VERSION", help="What it follows.")
@click.option("--version", "number", metavar="NUMBER", help="Default: the one after the highest; 0.0.1 is the first.")
@click.option("--uri", help="Another package in object storage; with --job: where it writes.")
@click.option("--digest", help="Digest of the content that is expected there.")
@click.option("--endpoint", metavar="URL", help="Address of the store.")
@click.option("--region", help="Region for signing requests.")
@click.option("--addressing", type=click.Choice(["Auto", "Path", "Virtual"]), help="How the bucket is named.")
@click.option("--credentials", metavar="SECRET", help="Secret of the namespace with the keys of the store.")
@click.option("--image", metavar="REFERENCE", help="A container image instead.")
@click.option("--allow-http", "plain_http", is_flag=True, help="The registry of --image is one without TLS.")
@click.option("--job", metavar="NAME", help="The output of a training job instead.")
@click.option("--job-kind", metavar="KIND", help="Kind of that job, such as PyTorchJob. Default: Job.")
@click.option("--runtime", metavar="NAME", help="Another InferenceRuntime.")
@click.option("--dependency", "dependencies", metavar="REQUIREMENT", multiple=True, help="Instead; NAME- removes it.")
@click.option("-l", "--label", "labels", metavar="KEY=VALUE", multiple=True, help="A label more.")
@description_options
@waiting_options
@writing_options
def version(
    application: str,
    base: str,
    number: str | None,
    labels: tuple[str, ...],
    choice: ClusterChoice,
    **others: Any,
) -> None:
    r"""Register the next version of an application: as the one it follows, with what the options say otherwise.

    Without another source it is the same content again, held to the digest of the one it follows: for another runtime,
    or with other dependencies where their installation has failed. Each --dependency takes the place of the one for
    that library, or stands beside the others. Labels, container, documents and how the store is reached are taken over.

    \b
    Exit codes: 0 registered; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp create version mnist --uri obs://models/mnist/1.1.0/
      aiapp create version mnist --from 1.0.0 --version 2.0.0 --job train-digits
      aiapp create version mnist --dependency "numpy<2" --dependency opencv-python-
      aiapp create version mnist --image registry.local:5000/team/mnist:1 --allow-http
      aiapp create version mnist --uri obs://models/mnist/2/ --dry-run=client -o yaml > mnist-2.yaml
    """
    from aiapp.domain.description import Description  # noqa: PLC0415 - `--help` must not wait for the models
    from aiapp.domain.version.succession import Changes  # noqa: PLC0415
    from aiapp.queries.creation import NewVersion, create_version  # noqa: PLC0415

    writing: Writing = others.pop("writing")
    seconds: int | None = others.pop("seconds")
    wanted = NewVersion(
        application=application,
        base=base,
        number=number,
        description=others.pop("wanted") or Description(),
        labels=_labels(labels),
        changes=_changes(Changes, others),
    )
    creation = answered(choice, lambda cluster: create_version(cluster, wanted, dry_run=writing.dry_run))
    _tell(creation, writing)
    waited(creation.object, creation.object, choice, writing, seconds)


@command.command("application", short_help="Register an application that serves nothing yet.")
@click.argument("name")
@click.option("-l", "--label", "labels", metavar="KEY=VALUE", multiple=True, help="A label.")
@description_options
@writing_options
def application(
    name: str, labels: tuple[str, ...], wanted: "Description | None", choice: ClusterChoice, writing: Writing
) -> None:
    r"""Register an application that serves nothing yet; its versions may be there already.

    aiapp deploy does the same and deploys a version with it.

    \b
    Exit codes: 0 registered; 1 refused; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp create application mnist --description "Reads digits" -l team=vision
    """
    from aiapp.domain.description import Description  # noqa: PLC0415 - `--help` must not wait for the models
    from aiapp.queries.creation import create_application  # noqa: PLC0415

    given, described = _labels(labels), wanted or Description()
    creation = answered(
        choice, lambda cluster: create_application(cluster, name, described, given, dry_run=writing.dry_run)
    )
    _tell(creation, writing)


def _tell(creation: "Creation", writing: Writing) -> None:
    verb = "is registered" if writing.dry_run == "none" else "would be registered"
    writing.tell(f"{creation.object['metadata']['name']} {verb}", creation.object, creation.notes)


def _changes(make: Any, options: dict[str, Any]) -> Any:
    if options["image"] and (options["job"] or options["uri"]):
        raise click.UsageError("--image is a source of its own: leave --uri and --job out")
    if options["plain_http"] and not options["image"]:
        raise click.UsageError("--allow-http needs --image")
    if options["job_kind"] and not options["job"]:
        raise click.UsageError("--job-kind needs --job")
    if options["digest"] and not options["uri"]:
        raise click.UsageError("--digest needs --uri")
    return make(**options)


def _labels(texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise click.UsageError(f"--label {text!r} is not KEY=VALUE")
        found[key] = value
    return found
