"""The documents that queries answer with are described in the reference of the command line."""

from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from pydantic.alias_generators import to_camel
from tests.support.records import stored
from tests.unit.queries.test_fit import TABLES, VERSION, cluster

from aiapp.cli.reference.commands import commands_page
from aiapp.domain.details.application import ApplicationDetails
from aiapp.domain.details.calls import Calls
from aiapp.domain.details.events import TimelineEvent
from aiapp.domain.details.files import PinnedFile
from aiapp.domain.details.findings import DetailedFinding
from aiapp.domain.details.tree import TreeNode
from aiapp.domain.details.version import VersionDetails
from aiapp.domain.kubernetes.label_selector import selector
from aiapp.domain.listing.items import ListedApplication
from aiapp.domain.listing.selection import Page
from aiapp.queries.api_description import DeclaredApi
from aiapp.queries.fit import of_version
from aiapp.queries.nodes import survey
from aiapp.queries.versions import versions


async def test_every_key_of_the_documents_is_in_the_reference() -> None:
    there = cluster(versions=[stored(VERSION)])
    fit = (await of_version(there, "mnist-1.0.0", TABLES)).document
    (node,) = (await survey(there, TABLES)).documents()
    (version,) = (await versions(there)).documents
    for command, document in (("fit", {**fit, **fit["nodes"][0]}), ("nodes", node), ("versions", version)):
        row = commands_page().partition(f"\n| `{command}` |")[2].partition("\n")[0]
        assert [key for key in document if f"`{key}`" not in row] == [], command


async def test_nodes_are_chosen_by_their_labels() -> None:
    found = await survey(cluster(), TABLES)
    (labels,) = (node.labels for node in found.nodes.nodes)
    key, value = next(iter(labels.items()))
    assert found.documents(selector(f"{key}={value}")) == found.documents()
    assert found.documents(selector(f"{key}!={value}")) == []


def keys(kind: Any, seen: frozenset[Any] = frozenset()) -> set[str]:
    """Of a document that is made of a dataclass, those of its parts that are dataclasses too included."""
    if kind in seen:
        return set()
    if not is_dataclass(kind):
        return {key for inner in get_args(kind) for key in keys(inner, seen)}
    hints = get_type_hints(kind)
    own = {to_camel(field.name) for field in fields(kind)}
    return own.union(*(keys(hints[field.name], seen | {kind}) for field in fields(kind)))


@pytest.mark.parametrize(
    ("command", "kinds", "elsewhere"),
    [
        ("list`", [Page, ListedApplication], set()),
        ("get` of a version", [VersionDetails], set()),
        ("get` of an application", [ApplicationDetails], keys(ListedApplication) | keys(DetailedFinding)),
        ("get --calls`", [Calls], set()),
        ("get --files`", [PinnedFile], set()),
        ("events`", [TimelineEvent], set()),
        ("schema`", [DeclaredApi], set()),
        ("tree`", [TreeNode], set()),
    ],
)
def test_every_key_of_a_dataclass_is_in_the_reference(command: str, kinds: list[Any], elsewhere: set[str]) -> None:
    row = commands_page().partition(f"\n| `{command} |")[2].partition("\n")[0]
    wanted = set().union(*map(keys, kinds)) - elsewhere
    assert len(wanted) > 3
    assert sorted(key for key in wanted if f"`{key}`" not in row) == []
