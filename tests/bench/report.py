"""How every bench reports: a table for people, a JSON file for programs. Measures nothing."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path("build/bench")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and, where there is one, the same figure of a peer in the same run."""

    figure: str
    unit: str
    value: float
    peer: str | None = None
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value over the peer's value; None without a peer."""
        return round(self.value / self.peer_value, 3) if self.peer_value else None


def report(name: str, figures: Sequence[Figure]) -> Path:
    """Print the figures as a table and write `build/bench/<name>.json`: a list of objects, one a figure."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    sys.stdout.write(table(figures) + "\n")
    return path


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned columns."""
    head = ("figure", "unit", "value", "peer", "peer value", "ratio")
    rows = [head, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    shown = (figure.value, figure.peer_value, figure.ratio)
    value, peer_value, ratio = ("" if number is None else f"{number:,.3g}" for number in shown)
    return figure.figure, figure.unit, value, figure.peer or "", peer_value, ratio
