"""A person's look at the cluster: which namespace, what is said when it cannot be had, and how logs come."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.support.small_api import Answers, serving
from typing_extensions import override

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options, failing_with_messages
from aiapp.domain.kubernetes.resources import NODES, PODS, VERSIONS, Json
from aiapp.ports.kubernetes import ApiError, NotFoundError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError

ITEMS = {"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "one"}}]}
ANSWERS = {
    "/api/v1/namespaces/team/pods?limit=500&labelSelector=a%3Db": json.dumps(ITEMS),
    "/api/v1/nodes?limit=500": json.dumps(ITEMS),
    "/api/v1/namespaces/team/pods/p/log?container=fetch": "first\nsecond\nunended",
}

UNSERVED = "404 page not found\n"


class _Handler(Answers):
    @override
    def answer(self, path: str) -> tuple[int, str]:
        missing = json.dumps({"reason": "NotFound", "message": f"nothing at {path}"})
        found = ANSWERS.get(path)
        return (200, found) if found else (404, UNSERVED if "unserved" in path else missing)


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    """Of a server that knows a few answers; its current context names the namespace team, the other none."""
    with serving(_Handler, tmp_path / "kubeconfig") as file:
        yield file


def names(documents: list[Json]) -> list[str]:
    return [f"{d['kind']} {d['metadata']['name']}" for d in documents]


@pytest.mark.parametrize(
    ("context", "given", "expected"),
    [
        pytest.param(None, None, "team", id="the current context's"),
        pytest.param("plain", None, "default", id="default where the context names none"),
        pytest.param("mine", "other", "other", id="the one that is asked for"),
    ],
)
def test_the_namespace_is(kubeconfig: Path, context: str | None, given: str | None, expected: str) -> None:
    async def where(cluster: UserCluster) -> str:
        return cluster.namespace

    assert answered(ClusterChoice(str(kubeconfig), context, given), where) == expected


def test_objects_are_listed_in_the_namespace_or_the_cluster(kubeconfig: Path) -> None:
    async def both(cluster: UserCluster) -> list[str]:
        return names(await cluster.list(PODS, selector="a=b")) + names(await cluster.list(NODES))

    assert answered(ClusterChoice(str(kubeconfig), None, None), both) == ["Pod one", "Node one"]


def test_a_log_comes_by_the_line(kubeconfig: Path) -> None:
    async def lines(cluster: UserCluster) -> list[str]:
        return [line async for line in cluster.log("p", container="fetch")]

    assert answered(ClusterChoice(str(kubeconfig), None, None), lines) == ["first", "second", "unended"]


def test_a_refusal_ends_the_command_in_the_servers_words(kubeconfig: Path) -> None:
    found = CliRunner().invoke(_show, ["x", "--kubeconfig", str(kubeconfig), "-n", "n"])
    assert found.exit_code == 1
    assert found.output == "Error: nothing at /apis/aiapp.dev/v1alpha1/namespaces/n/aiapplicationversions/x\n"


def test_a_cluster_without_the_operator_is_told_as_such(kubeconfig: Path) -> None:
    found = CliRunner().invoke(_show, ["unserved", "--kubeconfig", str(kubeconfig)])
    expected = "Error: this cluster does not know the kinds of aiapp.dev/v1alpha1: install the operator first\n"
    assert (found.exit_code, found.output) == (1, expected)


def test_a_kubeconfig_that_is_none_ends_the_command(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    found = CliRunner().invoke(_show, ["x", "--kubeconfig", str(tmp_path / "empty")])
    assert found.exit_code == 2
    assert "no cluster to work with" in found.output


@click.command()
@click.argument("name")
@cluster_options
def _show(name: str, choice: ClusterChoice) -> None:
    async def work(cluster: UserCluster) -> None:
        await cluster.get(VERSIONS, name)
        await asyncio.sleep(0)

    answered(choice, work)


@pytest.mark.parametrize(
    ("verb", "group", "role"),
    [("list", "aiapp.dev", "aiapp-view"), ("patch", "aiapp.dev", "aiapp-edit"), ("list", "", None)],
)
def test_a_right_to_our_own_kinds_is_named_with_the_role_that_gives_it(verb: str, group: str, role: str | None) -> None:
    message = f'x is forbidden: User "u" cannot {verb} resource "x" in API group "{group}" in the namespace "n"'
    with pytest.raises(click.ClickException) as refused, failing_with_messages():
        raise ApiError(403, "Forbidden", message)
    assert refused.value.message == (message if role is None else f"{message}; ClusterRole {role} gives that right")


def test_an_object_that_there_is_not_comes_with_the_command_that_shows_what_there_is() -> None:
    message = 'aiapplicationversions.aiapp.dev "mnist" not found'
    with pytest.raises(click.ClickException) as refused, failing_with_messages():
        raise NotFoundError(404, "NotFound", message)
    assert refused.value.message == f"{message}: `aiapp list` shows what the namespace has, and -n names another one"


@pytest.mark.parametrize("error", [QueryError("a\x1b[2J\u202e\nb"), ApiError(400, "Bad", "a\x1b[2J\u202e\nb")])
def test_no_message_steers_the_terminal(error: Exception) -> None:
    with pytest.raises(click.ClickException) as refused, failing_with_messages():
        raise error
    assert refused.value.message == "a?[2J?\nb"
