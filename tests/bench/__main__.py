"""`python -m tests.bench [--only NAME] ...`: runs the benches, each of which prints and writes its figures."""

import click
from tests.bench import bump, console, controlplane, fetch, images, importing, looks, nodes, serve, side_by_side

BARE = {"console": console, "fetch": fetch, "images": images, "importing": importing, "looks": looks, "serve": serve}
"""Those without options."""
NAMES = sorted({"bump", "controlplane", "nodes", *BARE})


@click.command()
@click.option("--only", type=click.Choice(NAMES), help="Run this one.")
@click.option("--n", "sizes", type=click.IntRange(min=1), multiple=True, help="Pairs of the control-plane bench.")
@click.option("--peer", type=click.Choice(["kserve"]), help="Of the control-plane bench: in turns with this one.")
@click.option("--rounds", type=click.IntRange(min=1), default=side_by_side.ROUNDS, show_default=True, help="Turns.")
@click.option(
    "--nodes",
    "fleet",
    type=click.IntRange(min=10),
    default=nodes.NODES,
    show_default=True,
    help="Nodes of the bench `nodes`.",
)
def main(only: str | None, sizes: tuple[int, ...], peer: str | None, rounds: int, fleet: int) -> None:
    """Measure; figures go to build/bench as well."""
    if only in {None, "controlplane"} and peer is None:
        controlplane.run(sizes)
    if only is None or (only == "controlplane" and peer is not None):
        side_by_side.run(sizes, rounds)
    if only in {None, "bump"}:
        bump.run(sizes)
    for name, bench in BARE.items():
        if only in {None, name}:
            bench.run()
    if only in {None, "nodes"}:
        nodes.run(fleet)


main()
