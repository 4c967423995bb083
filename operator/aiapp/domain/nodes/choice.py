"""Where something can run that asks one thing or another of a node, such as a runtime with several images. Pure.

A pod has one image, so its nodes are chosen with it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.compatibility import Judged, Verdict, judged, summary
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.tables import Tables

_OF_AN_IMAGE: Final = frozenset({Reason.CHIP_MISMATCH, Reason.ARCHITECTURE_MISMATCH})
"""Reasons that another of several images does not give."""


class Choice(NamedTuple):
    """One of the requirements, and every kind of node as it finds it."""

    needed: Requirement
    kinds: tuple[Judged, ...]


def choices(needs: Sequence[Requirement], nodes: NodeInventory, tables: Tables) -> tuple[Choice, ...]:
    """Each requirement with the nodes. What a user demands of labels is the same for all, and is looked at once."""
    groups = {selector: nodes.groups(selector) for selector in {needed.selector for needed in needs}}
    return tuple(Choice(needed, judged(needed, groups[needed.selector], tables)) for needed in needs)


def best(among: Sequence[Choice]) -> Choice:
    """For which most nodes fit, then most may fit, then least stands against the nearest node; else the first."""
    return among[0] if len(among) == 1 else max(among, key=_suitability)


def together(among: Sequence[Choice]) -> tuple[Judged, ...]:
    """Every kind of node as the requirement finds it that suits it best: a near miss is told, not that the image for
    another chip does not fit.
    """
    if len(among) == 1:
        return among[0].kinds
    return tuple(min(alike, key=_against) for alike in zip(*(choice.kinds for choice in among), strict=True))


def verdict_of(needs: Sequence[Requirement], nodes: NodeInventory, tables: Tables) -> Verdict:
    """Over all nodes, each with what suits it best."""
    return summary(together(choices(needs, nodes, tables)))


def _suitability(choice: Choice) -> tuple[int, ...]:
    nearest = min((_against(kind) for kind in choice.kinds), default=())
    return (_count(choice, "Compatible"), _count(choice, "Unknown"), *(-number for number in nearest))


def _against(kind: Judged) -> tuple[int, ...]:
    """Certain mismatches that make it the wrong image for the nodes, those of any kind, and all mismatches."""
    certain = [one for one in kind.mismatches if one.certain]
    return sum(one.reason in _OF_AN_IMAGE for one in certain), len(certain), len(kind.mismatches)


def _count(choice: Choice, verdict: str) -> int:
    return sum(len(kind.group.names) for kind in choice.kinds if kind.verdict == verdict)
