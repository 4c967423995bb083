"""The nodes together, grouped once into kinds, since nodes of a kind are judged once. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from aiapp.domain.nodes.facts import NodeFacts, NodeKind

Selector = tuple[tuple[str, str], ...]
"""Labels that a person demands of a node, by key."""


class Group(NamedTuple):
    """Nodes of a kind; names in order."""

    kind: NodeKind
    names: tuple[str, ...]


class Fleet:
    """Make one for each change of the nodes; reading it is cheap."""

    def __init__(self, nodes: Iterable[NodeFacts] = ()) -> None:
        self.nodes = tuple(nodes)
        self._groups = _grouped((node.kind, node.name) for node in self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def groups(self, selector: Selector = ()) -> tuple[Group, ...]:
        """By kind; with a selector, apart by the labels of it that they lack."""
        if not selector:
            return self._groups
        return _grouped((_marked(node, selector), node.name) for node in self.nodes)


def _marked(node: NodeFacts, selector: Selector) -> NodeKind:
    lacking = tuple(f"{key}={value}" for key, value in selector if node.labels.get(key) != value)
    return replace(node.kind, lacking=lacking) if lacking else node.kind


def _grouped(named: Iterable[tuple[NodeKind, str]]) -> tuple[Group, ...]:
    found: Mapping[NodeKind, list[str]] = defaultdict(list)
    for kind, name in named:
        found[kind].append(name)
    return tuple(Group(kind, tuple(sorted(names))) for kind, names in found.items())
