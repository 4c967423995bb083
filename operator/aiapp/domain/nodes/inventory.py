"""The nodes together, grouped once into kinds, since nodes of a kind are judged once. Pure."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from aiapp.domain.nodes.facts import NodeFacts, NodeKind

T = TypeVar("T", bound=Hashable)
Selector = tuple[tuple[str, str], ...]
"""Labels that a user demands of a node, by key."""


class Group(NamedTuple):
    """Nodes of a kind; names in order."""

    kind: NodeKind
    names: tuple[str, ...]


class NodeInventory:
    """Make one for each change of the nodes; reading it is cheap."""

    def __init__(self, nodes: Iterable[NodeFacts] = ()) -> None:
        self.nodes = tuple(nodes)
        self._kinds = _by(self.nodes, lambda node: node.kind)
        self._groups = tuple(_group(kind, alike) for kind, alike in self._kinds.items())

    def __len__(self) -> int:
        return len(self.nodes)

    def groups(self, selector: Selector = ()) -> tuple[Group, ...]:
        """By kind; with a selector, apart by the labels of it that they lack."""
        if not selector:
            return self._groups
        return tuple(
            _group(replace(kind, lacking=lacking) if lacking else kind, alike)
            for kind, nodes in self._kinds.items()
            for lacking, alike in _by(nodes, lambda node: _lacking(node, selector)).items()
        )


def _lacking(node: NodeFacts, selector: Selector) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in selector if node.labels.get(key) != value)


def _by(nodes: Iterable[NodeFacts], key: Callable[[NodeFacts], T]) -> Mapping[T, Sequence[NodeFacts]]:
    found: dict[T, list[NodeFacts]] = defaultdict(list)
    for node in nodes:
        found[key(node)].append(node)
    return found


def _group(kind: NodeKind, alike: Iterable[NodeFacts]) -> Group:
    return Group(kind, tuple(sorted(node.name for node in alike)))
