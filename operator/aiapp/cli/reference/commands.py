"""Every command with its help and its options, as click declares them."""

import inspect
import re
from collections.abc import Iterator
from typing import Final

import click

from aiapp.cli import COMMANDS, main

INTRODUCTION: Final = """\
<!-- Made from the commands in operator/aiapp/cli by `make crds`; do not edit. -->
# Command line

What `aiapp COMMAND --help` says, on one page. `kubectl aiapp COMMAND` is the same where kubectl finds the program
`kubectl-aiapp`. Standard output holds the result alone; notes, progress and errors go to standard error. Commands that
read a cluster use your own kubeconfig and rights. [The sandbox](sandbox.md) has a page of its own, and so have
[the settings](settings.md) of `aiapp run`.

Completion of commands, options and names: `source <(aiapp completion bash)` (also `zsh`, `fish`).
"""
DOCUMENTS: Final = """
## Documents

`-o json` and `-o yaml` write lists with an item for each version, node or pod. Keys are never renamed, new ones may be
added.

| command | keys of an item |
|---|---|
| `check` | [its own page](../how-to/check-in-ci.md) |
| `events` | `time`, `firstTime` (null: it happened once), `namespace`, `kind`, `name`, `phase`, `type` (`Normal`, `Warning`), `reason`, `message`, `count` |
| `fit` | `version`, `runtime` (null: an image of its own serves it), `image` (of several the one that its pods would get), `verdict` (`Compatible`, `Incompatible`, `Unknown`), `message`, `compatible` (nodes), `devices`, `resource` (what a pod asks for), `nearFits` (`missing`, `nodes`, `examples`, `remedy`), `beyondLabels` (nodes that do not fit and that no label excludes), `nodes`: `name`, `verdict`, `reason`, `mismatches` (`reason`, `detail`, `remedy`, `certain`), `free` (devices; null: unknown) |
| `get` of a version | one document, of several names a list: `overview` (`namespace`, `name`, `application`, `version`, `id`, `displayName`, `description`, `documents`, `labels`, `created`, `createdBy`, `phase`, `reason`, `message`, `size`, `bytes`, `files`, `engine`, `algorithm`, `sourceType`, `origin`, `uri`, `inferenceCode`, `template`, `trainingJob`, `deploymentTypes`, `pin`, `digest`, `verification`, `image`, `replicated`, `command`, `port`, `protocol`), `precision` (by metric), `parameters` (the APIs), `dependencies`, `constraint` (`requestMode`, `architectures`, `accelerator`, `chips`, `runtime`, `specification` (`requests`, `limits`, `npus`, `npuResource`, `sharedMemory`, `workers`, `weightsBytes`), `compatibility`), `health` (`config`, `container`), `weights`, `provenance`, `services` (`application`, `phase`, `stopped`, `weight`, `actualWeight`, `replicas`, `ready`, `url`), `findings` (each condition: `type`, `status`, `reason`, `message`, `since`, `remedy`), `events` as in the status, `repaired` |
| `get` of an application | one document, of several names a list: `overview` (`namespace`, `name`, `id`, `displayName`, `description`, `documents`, `labels`, `created`, `phase`, `reason`, `message`, `served`, `stopped`, `url`, `replicas`, `ready`, `startedAt`, `autoStopAt`, `latestVersion`, `latestReadyVersion`, `writtenBy`), `serving`, `versions` as `list` has them, `traffic`, `trafficLog`, `rollout`, `configurations` as [the status](api.md#aiapplication) has them, `findings` and `events` as of a version |
| `get --calls` | `versions` (`version`, `total`, `failed`, `pods` that were added up), `pods` that are ready, `absence` (NoPods, NoRight, NoMetrics; null: there are counts) |
| `get --files` | `path`, `size` (bytes), `etag`, `versionId`, `sha256` (null: not hashed yet), `isInline` (a template made it) |
| `list` | one document: `items`, `total`, `offset`, `limit`; an item is an application: `namespace`, `name`, `exists` (false: versions alone), `displayName`, `description`, `labels`, `created`, `phase`, `reason`, `message`, `served`, `url`, `replicas`, `ready`, `versions`: `namespace`, `name`, `application`, `version`, `displayName`, `description`, `labels` (its application's too), `created`, `phase`, `reason`, `message`, `sourceType`, `engine`, `architecture` (of weights), `runtime`, `bytes`, `size`, `verdict`, `compatibleNodes`, `nodes`, `weight`, `actualWeight`, `replicas`, `ready`, `usedBy` |
| `nodes` | `name`, `ready`, `cordoned`, `facts` (by name: `value`, `source`), `taints` (`key`, `value`, `effect`), `devices` (`resource`, `form`, `allocatable` and, where they may be counted, `inUse`, `free`), `runtimes` (`compatible`, `unknown`: names) |
| `progress` | `pod`, `version`, `state`, `message` and, while it fetches, `percent`, `bytes`, `totalBytes`, `files`, `totalFiles`, `bytesPerSecond`, `secondsLeft`, `retries` |
| `schema` | `method`, `url`, `request` and `response` (null: nothing is said of it): `contentType`, `schema` |
| `tree` | one document: `kind`, `name`, `state`, `isWell` (null: nothing says so), `detail`, `children` of the same form |
| `versions` | `namespace`, `name`, `application`, `version`, `created`, `phase`, `ready` and each of `faults` (`type`, `status`, `reason`, `message`), `model`, `artifact`, `image`, `runtime`, `compatibility` as in [the status](api.md#aiapplicationversion), `traffic` as in that of its application (null: not served) |
"""  # noqa: E501 - rows of a table
_PROSE_BREAK: Final = re.compile(r"(?<!\n)\n(?!\n)")


def commands_page() -> str:
    """Markdown: a section for each command."""
    context = click.Context(main, info_name="aiapp")
    sections = (_section(context, name) for name in sorted(COMMANDS))
    return INTRODUCTION + "".join(f"\n{section}" for section in sections) + DOCUMENTS


def _section(parent: click.Context, name: str) -> str:
    command = main.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"## aiapp {name}", "", "```text", usage, "```", "", *_help(inspect.cleandoc(command.help or ""))]
    return "\n".join([*lines, *_options(command, context)]).rstrip() + "\n"


def _help(text: str) -> Iterator[str]:
    """Paragraphs; those whose line breaks are kept are a block, headed by their first line."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            title, _, block = paragraph.removeprefix("\b\n").partition("\n")
            yield from _block(title, block)
        else:
            yield from (_escaped(_PROSE_BREAK.sub(" ", paragraph)), "")


def _block(title: str, block: str) -> Iterator[str]:
    if title.startswith("Example"):
        lines = (line.removeprefix("  ") for line in block.splitlines())
        yield from (title, "", "```text", *lines, "```", "")
    else:
        yield from (_escaped(f"{title} {block}".replace("\n", " ").strip()), "")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        yield from ("| option | meaning |", "|---|---|")
        yield from (f"| `{_cell(names)}` | {_cell(_escaped(text))} |" for names, text in records)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Without the start of an HTML tag."""
    return text.replace("<", "&lt;")
