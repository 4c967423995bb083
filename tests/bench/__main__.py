"""`python -m tests.bench [--only NAME] [--n PAIRS]`: runs the benches, each of which prints and writes its figures."""

import click
from tests.bench import controlplane, fetch

NAMES = ("controlplane", "fetch")


@click.command()
@click.option("--only", type=click.Choice(NAMES), help="Run this one.")
@click.option("--n", "sizes", type=click.IntRange(min=1), multiple=True, help="Pairs of the control-plane bench.")
def main(only: str | None, sizes: tuple[int, ...]) -> None:
    """Measure; figures go to build/bench as well."""
    if only in {None, "controlplane"}:
        controlplane.run(sizes)
    if only in {None, "fetch"}:
        fetch.run()


main()
