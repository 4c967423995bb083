"""Versions against kinds of nodes: where each fits, and what would mend it where it does not."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.listing.items import number_of
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.fit import fit
from aiapp.queries.nodes import NodeSurvey, NodeTables, survey


@dataclass(frozen=True, slots=True)
class KindOfNodes:
    """Nodes that are alike in whatever versions are judged by."""

    facts: Mapping[str, Any]
    """By name, as `aiapp nodes` shows them."""
    ready: bool
    cordoned: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One version on one kind of nodes."""

    verdict: str
    reason: str | None
    """The first reason against it."""
    detail: str
    remedy: str
    """What would mend it, where that reason is the only one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One version, and how it fits each kind of nodes."""

    name: str
    verdict: str
    message: str
    cells: tuple[Cell, ...]
    """In the order of the kinds; none where it cannot be judged, and the message says why."""
    near_fits: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The nodes, the versions, and how each of the latter fits them."""

    nodes: tuple[Json, ...]
    """Each node with its facts and devices, by name."""
    kinds: tuple[KindOfNodes, ...]
    rows: tuple[Row, ...]
    total: int
    """Versions that there are."""
    notes: tuple[str, ...]


async def matrix(cluster: UserCluster, tables: NodeTables, offset: int, limit: int) -> Matrix:
    """So many of the namespace's versions from that place on. Raises `ApiError` if nodes may not be listed."""
    node_survey, versions, applications = await asyncio.gather(
        survey(cluster, tables), cluster.list(VERSIONS), cluster.list(APPLICATIONS)
    )
    nodes = node_survey.documents()
    kinds = _kinds(nodes)
    known = {one["metadata"]["name"]: one for one in applications}

    @cache
    def serving(name: str) -> AIApplication | None:
        """Read once, however many versions belong to it. Raises `ValidationError`."""
        return AIApplication.model_validate(known[name]) if name in known else None

    ordered = sorted(versions, key=lambda one: number_of(one["spec"].get("version", "")), reverse=True)
    ordered.sort(key=lambda one: str(one["spec"].get("application", "")))
    shown = ordered[offset : offset + limit]
    rows = tuple(_row(one, serving, node_survey, kinds) for one in shown)
    return Matrix(tuple(nodes), kinds, rows, len(ordered), node_survey.notes)


def _kinds(nodes: Iterable[Json]) -> tuple[KindOfNodes, ...]:
    alike: dict[str, list[Json]] = {}
    for node in nodes:
        facts = {name: fact["value"] for name, fact in node["facts"].items()}
        devices = [(one["resource"], one["allocatable"]) for one in node["devices"]]
        same = repr((facts, node["ready"], node["cordoned"], node["taints"], devices))
        alike.setdefault(same, []).append(node)
    return tuple(_kind(found) for found in alike.values())


def _kind(nodes: Sequence[Json]) -> KindOfNodes:
    first = nodes[0]
    facts = {name: fact["value"] for name, fact in first["facts"].items()}
    return KindOfNodes(facts, first["ready"], first["cordoned"], tuple(node["name"] for node in nodes))


def _row(
    raw: Json, serving: Callable[[str], AIApplication | None], survey: NodeSurvey, kinds: Iterable[KindOfNodes]
) -> Row:
    name = raw["metadata"]["name"]
    try:
        application = serving(raw["spec"].get("application", ""))
        found = fit(AIApplicationVersion.model_validate(raw), application, survey).document
    except ValidationError:
        return Row(name, "Unknown", f"{name} breaks a rule of the API", (), ())
    except QueryError as error:
        return Row(name, "Unknown", error.message, (), ())
    by_name = {node["name"]: node for node in found["nodes"]}
    cells = tuple(_cell(by_name[kind.names[0]]) for kind in kinds)
    return Row(name, found["verdict"], found["message"], cells, tuple(found["nearFits"]))


def _cell(node: Json) -> Cell:
    against = next((one for one in node["mismatches"] if one["reason"] == node["reason"]), None)
    detail = "" if against is None else against["detail"]
    only = against is not None and len(node["mismatches"]) == 1
    return Cell(node["verdict"], node["reason"], detail, (against["remedy"] or "") if against and only else "")
