"""The nodes of a cluster, what is in use on them, the catalogue of runtimes, and the tables to judge by."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, NODES, PODS, RUNTIMES, Json
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.facts import trim as trim_node
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.inventory_report import inventory
from aiapp.domain.nodes.overlay import KEY, overlaid, text_of
from aiapp.domain.nodes.tables import Tables, TablesError
from aiapp.domain.nodes.usage import UNFINISHED, Used, used
from aiapp.domain.nodes.usage import trim as trim_pod
from aiapp.ports.kubernetes import ApiError, NotFoundError, Page
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.stored import read

RIGHTS = "ClusterRole aiapp-nodes-view gives that right"


@dataclass(frozen=True, slots=True)
class NodeTables:
    """The facts that come with the package, and where the administrator's are: a ConfigMap, as namespace/name."""

    shipped: Tables
    config_map: str


@dataclass(frozen=True, slots=True)
class NodeSurvey:
    """Nodes, tables, devices in use and runtimes: all that versions are judged by."""

    nodes: NodeInventory
    tables: Tables
    in_use: Used | None
    """None: the user may not count."""
    runtimes: Mapping[str, RuntimeSpec]
    notes: tuple[str, ...] = ()
    """What could not be read, as sentences."""

    def documents(self, labels: Selector | None = None) -> list[Json]:
        """Each node, or each with such labels, with its facts, devices and the runtimes it can run, by name."""
        nodes = NodeInventory(one for one in self.nodes.nodes if labels is None or labels(one.labels))
        return inventory(nodes, self.tables, self.in_use, self.runtimes.values())


async def survey(cluster: UserCluster, tables: NodeTables) -> NodeSurvey:
    """Reads all of it. Raises `ApiError` if the user may not list nodes."""
    effective, table_notes = await _tables(cluster, tables)
    nodes = await _nodes(cluster)
    runtimes = [read(InferenceRuntime, raw).spec for raw in (await cluster.api.list(RUNTIMES)).items]
    in_use, usage_notes = await _in_use(cluster)
    return NodeSurvey(
        nodes=NodeInventory(facts(node, effective) for node in nodes.items),
        tables=effective,
        in_use=in_use,
        runtimes={spec.name: spec for spec in runtimes},
        notes=(*table_notes, *usage_notes),
    )


async def _tables(cluster: UserCluster, tables: NodeTables) -> tuple[Tables, list[str]]:
    namespace, _, name = tables.config_map.partition("/")
    try:
        return overlaid(tables.shipped, text_of(await cluster.api.get(CONFIG_MAPS, namespace, name))), []
    except NotFoundError:
        return tables.shipped, []
    except TablesError as error:
        note = (
            f"ConfigMap {tables.config_map}, {KEY}: {error}; judged here by the shipped facts, by the operator by the "
            "last good ones, which it alone knows: verdicts may differ"
        )
        return tables.shipped, [note]
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        note = (
            f"you may not read ConfigMap {tables.config_map} ({RIGHTS}): judged by the shipped facts, the operator's "
            "verdict may differ"
        )
        return tables.shipped, [note]


async def _nodes(cluster: UserCluster) -> Page:
    try:
        return await cluster.api.list(NODES, trim=trim_node)
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        raise ApiError(error.status, error.reason, f"{error.message}; {RIGHTS}") from error


async def _in_use(cluster: UserCluster) -> tuple[Used | None, list[str]]:
    try:
        return used((await cluster.api.list(PODS, fields=UNFINISHED, trim=trim_pod)).items), []
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return None, [f"you may not list the pods of all namespaces ({RIGHTS}): free NPUs are unknown"]
