"""Comments stand above what they are about, and the YAML stays what it was."""

from typing import Any

import yaml

from aiapp.cli.output.annotated import commented

DOCUMENT: dict[str, Any] = {
    "kind": "Job",
    "spec": {"containers": [{"name": "a", "args": ["x y " * 400]}, {"name": "b", "env": [{"name": "A"}]}]},
}


def test_comments_stand_above_their_line_at_its_indentation() -> None:
    notes = [
        (("spec", "containers", 1, "env", 0), "set it"),
        (("spec", "containers", 1, "env", 0), "or not"),
        (("spec", "containers", 0), "first"),
        ((), "all of it"),
    ]
    text = commented(DOCUMENT, notes)
    assert yaml.safe_load(text) == DOCUMENT
    lines = text.splitlines()
    assert lines[:5] == ["# all of it", "kind: Job", "spec:", "  containers:", "  # first"]
    assert lines[-3:] == ["    # set it", "    # or not", "    - name: A"]


def test_a_comment_ends_with_its_line() -> None:
    text = commented(DOCUMENT, [((), "one\nkind: Pod\x1b")])
    assert text.startswith("# one kind: Pod?\nkind: Job")
