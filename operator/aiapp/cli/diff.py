"""`aiapp diff`: what changed between two versions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS
from aiapp.domain.printable import printable
from aiapp.domain.sizes import human_size

if TYPE_CHECKING:
    from aiapp.domain.provenance.diff import Change, Diff

DIFFERENT: Final = 1
SHOWN_FILES: Final = 50
"""As text; json and yaml have all."""
LONGEST: Final = 200
"""Characters of a value in the text."""
_SIGNS: Final = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


class _FailedError(click.ClickException):
    """There is nothing to compare; 1 says that versions differ."""

    exit_code = 2


@click.command("diff")
@click.argument("before", metavar="VERSION")
@click.argument("after", metavar="OTHER")
@click.option("-o", "--output", type=click.Choice(["text", *FORMATS]), default="text", show_default=True)
@cluster_options
def command(before: str, after: str, output: str, choice: ClusterChoice) -> None:
    r"""Show what changed from one version to another: files, config.json, metrics, runtime, provenance.

    Two versions of the same digest hold the same content, wherever it lies and whoever made it; that is said first.
    A version of another namespace is named NAMESPACE/VERSION. Files are compared by size and SHA-256, or by ETag as
    long as no pod has fetched them. Nothing is read but the cluster.

    \b
    Exit codes, as those of kubectl diff: 0 both serve the same (content, config, metrics and runtime; where a model
    comes from is shown and does not count); 1 they differ, or it cannot be told yet; 2 no such version, the cluster
    refuses, wrong arguments or no cluster.

    \b
    Examples:
      aiapp diff mnist-1.0.0 mnist-1.1.0
      aiapp diff staging/mnist-1.0.0 production/mnist-1.0.0
      aiapp diff mnist-1.0.0 mnist-1.1.0 -o json | jq -r '.files.changes[].path'
    """
    from aiapp.queries.diff import compare  # noqa: PLC0415 - `--help` must not wait for the models

    try:
        found = answered(choice, lambda cluster: compare(cluster, before, after))
    except click.UsageError:
        raise
    except click.ClickException as error:
        raise _FailedError(error.message) from error
    for note in found.notes:
        click.echo(f"note: {printable(note)}", err=True)
    text = FORMATS[output](found.diff.document()) if output in FORMATS else "\n".join(lines(found.diff)) + "\n"
    click.echo(text, nl=False)
    click.get_current_context().exit(0 if found.diff.same_model else DIFFERENT)


def lines(diff: "Diff") -> Iterator[str]:
    """The comparison for people, line by line."""
    yield from _content(diff)
    yield from _files(diff)
    for name, changes in diff.sections.items():
        if changes:
            yield f"{name}:"
            yield from map(_change, changes)


def _content(diff: "Diff") -> Iterator[str]:
    names = f"{diff.before.name} and {diff.after.name}"
    match diff.same_content:
        case True:
            yield f"{names} hold the same content: {diff.before.pin}"
        case False:
            yield f"{names} differ in content:"
        case None:
            yield f"whether {names} hold the same content is not known:"
    if diff.same_content is not True:
        yield f"  - {diff.before.pin or 'not pinned yet'}"
        yield f"  + {diff.after.pin or 'not pinned yet'}"


def _files(diff: "Diff") -> Iterator[str]:
    if diff.files is None or not diff.files.changes:
        return
    counts = ", ".join(f"{diff.files.count(how)} {how}" for how in ("added", "removed", "changed"))
    yield f"files: {counts}, {diff.files.same} the same"
    for one in diff.files.changes[:SHOWN_FILES]:
        sign, colour = _SIGNS[one.how]
        sizes = [human_size(file.size) for file in (one.before, one.after) if file is not None]
        size = " -> ".join(dict.fromkeys(sizes))
        by = f", by {one.by}" if one.by not in {None, "size"} else ""
        yield f"  {click.style(sign, fg=colour)} {printable(one.path)} ({size}{by})"
    if (more := len(diff.files.changes) - SHOWN_FILES) > 0:
        yield f"  and {more} more: -o json has all"


def _change(change: "Change") -> str:
    name = printable(change.field)
    if change.before is None:
        return f"  {click.style('+', fg='green')} {name}: {_shown(change.after)}"
    if change.after is None:
        return f"  {click.style('-', fg='red')} {name}: {_shown(change.before)}"
    return f"  {click.style('~', fg='yellow')} {name}: {_shown(change.before)} -> {_shown(change.after)}"


def _shown(value: str | None) -> str:
    return printable(value or "", LONGEST)
