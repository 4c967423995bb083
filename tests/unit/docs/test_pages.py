"""How pages are read and compared by the test that runs them, and what no page may hold."""

import re
from pathlib import Path

import pytest
import yaml
from tests.docs.expected import missing
from tests.support.pages import MARKED, SHELLS, Command, blocks, name, pages

from aiapp.api import crd
from aiapp.api.meta import GROUP_VERSION
from aiapp.api.strict import unknown_fields

PAGE = """
```console
$ cat > a <<'EOF'
$ not a command
EOF
$ kubectl get nodes \\
    -o wide
NAME  AGE
host  3s
```

<!-- test: exit 1 -->
```sh
cd folder \\
  && true
false
```

<!-- test: skip needs another machine -->

```yaml
# deploy/a.yaml
a: 1
```
"""
SKIPPED = 10
"""Blocks of the guides that are not run; each says why."""

GUIDES = [page for page in pages() if name(page) in ("README.md", "docs/tutorial.md") or page.parent.name == "how-to"]
MODELS = {kind.name: kind.model for kind in crd.KINDS}


def test_commands_of_a_console_have_their_lines_and_their_output() -> None:
    console, failing, file = blocks(PAGE)
    assert console.commands == [
        Command("cat > a <<'EOF'\n$ not a command\nEOF\n", (), 3),
        Command("kubectl get nodes \\\n    -o wide\n", ("NAME  AGE", "host  3s"), 6),
    ]
    assert [command.text for command in failing.commands] == ["cd folder \\\n  && true\n", "false\n"]
    assert (failing.exit_code, failing.skipped) == (1, None)
    assert (file.file, file.skipped) == ("deploy/a.yaml", "needs another machine")


@pytest.mark.parametrize(
    ("shown", "output", "lacking"),
    [
        pytest.param("a\nc", "a\nb\nc", None, id="other lines between"),
        pytest.param("c\na", "a\nb\nc", "a", id="another order"),
        pytest.param("NAME AGE\nhost 3s", "NAME   AGE\nhost   2m10s", None, id="widths of columns and ages"),
        pytest.param("pin sha256:1234567890", f"pin sha256:{'a' * 64}", None, id="digests"),
        pytest.param("at ... it is", "at 7 it is", None, id="three dots"),
        pytest.param("ready 1", "ready 10", "ready 1", id="a longer line"),
    ],
)
def test_a_line_of_the_page_is_missing_unless_it_was_printed(shown: str, output: str, lacking: str | None) -> None:
    assert missing(shown.splitlines(), output) == lacking


def test_the_blocks_that_are_not_run_are_few() -> None:
    skipped = [block for page in GUIDES for block in blocks(page.read_text("utf-8")) if block.skipped]
    assert len(skipped) == SKIPPED


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in GUIDES])
def test_every_block_of_a_guide_says_what_it_is_and_every_mark_belongs_to_a_block(page: Path) -> None:
    text = page.read_text("utf-8")
    found = list(blocks(text))
    assert {block.language for block in found} <= {*SHELLS, "yaml", "text"}
    assert [block.text for block in found if block.language == "text" and "$ " in block.text] == []
    assert text.count("<!-- test:") == sum(bool(MARKED.search(block.before)) for block in found)
    for block in found:
        if block.language == "console":
            assert block.commands


def heads() -> set[str]:
    """What `kubectl get` heads its columns with, for each of our kinds."""
    found = set()
    for kind in crd.KINDS:
        columns = crd.crd(kind)["spec"]["versions"][0]["additionalPrinterColumns"]
        shown = [column["name"].upper() for column in columns if not column.get("priority")]
        found.add(" ".join(["NAME", *shown]))
    return found


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in GUIDES])
def test_what_a_guide_shows_of_our_kinds_has_their_columns(page: Path) -> None:
    ours = re.compile(r"kubectl get (aiapp|aiappv|infrt|aiapp,aiappv)\b(?!.* -o)")
    commands = [command for block in blocks(page.read_text("utf-8")) for command in block.commands]
    shown = {" ".join(line.split()) for command in commands if ours.match(command.text) for line in command.shown}
    assert {line for line in shown if line.startswith("NAME ")} <= heads()


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_every_manifest_of_a_page_is_a_valid_document_of_known_fields(page: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        for document in yaml.safe_load_all(block.text) if block.language == "yaml" else ():
            if document.get("apiVersion") == GROUP_VERSION:
                model = MODELS[document["kind"]]
                assert unknown_fields(model, document) == []
                model.model_validate(document)
