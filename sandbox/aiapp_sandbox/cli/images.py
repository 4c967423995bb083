"""`aiapp sandbox load` and `images`: images in the nodes of a sandbox, without a registry."""

from pathlib import Path
from typing import Final

import click

from aiapp_sandbox import state
from aiapp_sandbox.cli.terminal import ENVIRONMENT, errors_as_text, name_option, progress
from aiapp_sandbox.images import loading, shipped


@click.command(short_help="Load an image archive into the real nodes.")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@name_option
@click.option("--node", "nodes", multiple=True, help="Only into this node; may be given more than once.")
@errors_as_text
def load(archive: Path, name: str, nodes: tuple[str, ...]) -> None:
    """Load an image archive (OCI layout or docker save) into the real nodes, so that no registry is needed."""
    folder = state.folder(ENVIRONMENT, name)
    folder.require()
    loaded = loading.load(folder, archive, nodes)
    for node in loaded.nodes:
        click.echo(f"loaded into {node}")
    for left_out in loaded.left_out:
        click.echo(left_out, err=True)


@click.command(short_help="Build and load the operator's image and a runtime's.")
@name_option
@errors_as_text
def images(name: str) -> None:
    """Build the operator's image and one of a scikit-learn runtime, and load both into the real nodes.

    The operator's is built from this checkout, for the architecture of every real node; pods fetch their model with it
    too. The runtime's (Python and scikit-learn) is for this machine's architecture; the command that is printed in the
    end gives it to the runtime of that name in the catalogue, once manifests/runtimes is applied. Needs root, and takes
    some minutes for the first time.
    """
    folder = state.folder(ENVIRONMENT, name)
    folder.require()
    with progress() as shown:
        loaded = shipped.load(folder, ENVIRONMENT, shown)
    for image in loaded:
        click.echo(f"loaded {image.reference} into {', '.join(image.nodes)}")
    click.echo(f"Give the runtime its image:\n  {shipped.patch_command()}")


COMMANDS: Final = (load, images)
