"""Kubernetes quantities (`500m`, `2`, `4Gi`) as numbers, and back. Pure."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_SUFFIXES: Final[Mapping[str, Decimal]] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_QUANTITY: Final = re.compile(
    rf"(?P<number>[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{{1,3}})?)(?P<suffix>{'|'.join(_SUFFIXES)})"
)


def quantity(text: object) -> Decimal | None:
    """The number that a Kubernetes quantity stands for; None when it is none."""
    match = _QUANTITY.fullmatch(str(text))
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]] if match else None


def written(number: Decimal) -> str:
    """A quantity of at least that number: whole, or in thousandths."""
    return str(int(number)) if number == int(number) else f"{math.ceil(number * 1000)}m"
