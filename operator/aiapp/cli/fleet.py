"""What the commands about nodes read of a cluster, with a person's own rights. Never writes."""

from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.cli.cluster import UserCluster
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, NODES, PODS, RUNTIMES
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.facts import trim as trim_node
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.overlay import KEY, overlaid, text_of
from aiapp.domain.nodes.tables import Tables, TablesError, load
from aiapp.domain.nodes.usage import UNFINISHED, Used, used
from aiapp.domain.nodes.usage import trim as trim_pod
from aiapp.ports import ApiError, NotFoundError, Page

FORBIDDEN: Final = 403
RIGHTS: Final = "ClusterRole aiapp-nodes-view gives that right"


@dataclass(slots=True)
class Seen:
    """Nodes, what their pods hold, the catalogue, and the facts to judge by."""

    fleet: NodeInventory
    tables: Tables
    in_use: Used | None
    runtimes: dict[str, RuntimeSpec]
    notes: list[str] = field(default_factory=list)
    """What could not be read, for people."""


async def look(cluster: UserCluster, node_facts: str) -> Seen:
    """`node_facts` is the administrator's ConfigMap, as namespace/name. Raises `ApiError` if nodes may not be seen."""
    notes: list[str] = []
    tables = await _tables(cluster, node_facts, notes)
    nodes = await _nodes(cluster)
    runtimes = [InferenceRuntime.model_validate(raw).spec for raw in (await cluster.api.list(RUNTIMES)).items]
    return Seen(
        fleet=NodeInventory(facts(node, tables) for node in nodes.items),
        tables=tables,
        in_use=await _in_use(cluster, notes),
        runtimes={spec.name: spec for spec in runtimes},
        notes=notes,
    )


def shipped_tables() -> Tables:
    """What comes with the package."""
    return load((resources.files("aiapp") / "data/ascend.yaml").read_text("utf-8"))


async def _tables(cluster: UserCluster, node_facts: str, notes: list[str]) -> Tables:
    shipped = shipped_tables()
    namespace, _, name = node_facts.partition("/")
    try:
        return overlaid(shipped, text_of(await cluster.api.get(CONFIG_MAPS, namespace, name)))
    except NotFoundError:
        return shipped
    except TablesError as error:
        notes.append(
            f"ConfigMap {node_facts}, {KEY}: {error}; judged here by the shipped facts, by the operator by the last "
            "good ones, which it alone knows: verdicts may differ"
        )
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        notes.append(
            f"you may not read ConfigMap {node_facts} ({RIGHTS}): judged by the shipped facts, the operator's verdict "
            "may differ"
        )
    return shipped


async def _nodes(cluster: UserCluster) -> Page:
    try:
        return await cluster.api.list(NODES, trim=trim_node)
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        raise ApiError(error.status, error.reason, f"{error.message}; {RIGHTS}") from error


async def _in_use(cluster: UserCluster, notes: list[str]) -> Used | None:
    try:
        return used((await cluster.api.list(PODS, fields=UNFINISHED, trim=trim_pod)).items)
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        notes.append(f"you may not list the pods of all namespaces ({RIGHTS}): free NPUs are unknown")
        return None
