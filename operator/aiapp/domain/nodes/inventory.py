"""The nodes together, grouped once into kinds, since nodes of a kind are judged once. Pure."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple, TypeVar

from typing_extensions import override

from aiapp.domain.nodes.facts import NodeFacts, NodeKind

T = TypeVar("T", bound=Hashable)


class Demand(NamedTuple):
    """What a user demands of one label of a node."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """As the scheduler decides it: NotIn holds for a node without the label too."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels

    @override
    def __str__(self) -> str:
        return _WORDS[self.operator].format(key=self.key, values=" or ".join(self.values))


_WORDS: Final = {
    "In": "{key}={values}",
    "NotIn": "{key} other than {values}",
    "Exists": "{key}",
    "DoesNotExist": "no {key}",
}
Selector = tuple[Demand, ...]
"""All that a user demands of a node's labels, by key."""


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
    return tuple(str(demand) for demand in selector if not demand.holds(node.labels))


def _by(nodes: Iterable[NodeFacts], key: Callable[[NodeFacts], T]) -> Mapping[T, Sequence[NodeFacts]]:
    found: dict[T, list[NodeFacts]] = defaultdict(list)
    for node in nodes:
        found[key(node)].append(node)
    return found


def _group(kind: NodeKind, alike: Iterable[NodeFacts]) -> Group:
    return Group(kind, tuple(sorted(node.name for node in alike)))
