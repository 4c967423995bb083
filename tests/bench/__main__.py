"""`python -m tests.bench [--only NAME] ...`: runs the benches, each of which prints and writes its figures."""

import click
from tests.bench import controlplane, fetch, importing, nodes, serve

NAMES = ("controlplane", "fetch", "importing", "nodes", "serve")


@click.command()
@click.option("--only", type=click.Choice(NAMES), help="Run this one.")
@click.option("--n", "sizes", type=click.IntRange(min=1), multiple=True, help="Pairs of the control-plane bench.")
@click.option(
    "--nodes",
    "fleet",
    type=click.IntRange(min=10),
    default=nodes.NODES,
    show_default=True,
    help="Nodes of the bench `nodes`.",
)
def main(only: str | None, sizes: tuple[int, ...], fleet: int) -> None:
    """Measure; figures go to build/bench as well."""
    if only in {None, "controlplane"}:
        controlplane.run(sizes)
    if only in {None, "fetch"}:
        fetch.run()
    if only in {None, "importing"}:
        importing.run()
    if only in {None, "nodes"}:
        nodes.run(fleet)
    if only in {None, "serve"}:
        serve.run()


main()
