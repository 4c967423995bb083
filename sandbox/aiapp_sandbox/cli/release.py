"""`python -m aiapp_sandbox.cli.release`: the operator's image as an archive for any registry, built without Docker."""

import json
from pathlib import Path
from typing import Final

import click

from aiapp.cli.output.table import table
from aiapp.domain.sizes import human_size
from aiapp_sandbox.cli.terminal import ENVIRONMENT, errors_as_text, progress
from aiapp_sandbox.images import oci, operator_image, sbom

ARCHITECTURES: Final = ("amd64", "arm64")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@errors_as_text
def main(folder: Path) -> None:
    """Write an OCI archive of the image for all architectures into FOLDER, and a bill of materials for each."""
    reference = operator_image.REFERENCE
    name = reference.rpartition("/")[2].replace(":", "-")
    folder.mkdir(parents=True, exist_ok=True)
    with progress() as shown:
        archives = {each: operator_image.built(each, ENVIRONMENT, shown) for each in ARCHITECTURES}
        shown.doing("compressing the layers")
        sizes = oci.write(folder / f"{name}.oci.tar", reference, list(archives.values()))
    for architecture, archive in archives.items():
        materials = json.dumps(sbom.document(archive, reference), indent=1)
        (folder / f"{name}-{architecture}.cdx.json").write_text(materials + "\n")
    rows = [(size.architecture, human_size(size.packed), human_size(size.unpacked)) for size in sizes]
    click.echo(table(("ARCHITECTURE", "TO PULL", "ON A NODE"), rows))
    for path in sorted(folder.glob(f"{name}*")):
        click.echo(path)


if __name__ == "__main__":
    main()
