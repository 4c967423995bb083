"""The documents that queries answer with are described in the reference of the command line."""

from tests.support.records import stored
from tests.unit.queries.test_fit import TABLES, VERSION, cluster

from aiapp.cli.reference.commands import commands_page
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
