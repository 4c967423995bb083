"""What may be done with an application and with a version alike."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from aiapp.console.actions.submission import Outcome, Submission
from aiapp.domain.description import Description
from aiapp.queries.description import describe
from aiapp.queries.errors import QueryError
from aiapp.queries.removal import removal, remove

MOST_DOCUMENTS: Final = 3


class Shared(NamedTuple):
    """How it is done."""

    carry_out: Callable[[Submission], Awaitable[Outcome]]
    command: Callable[[Submission], Sequence[str]]


async def _describe(submission: Submission) -> Outcome:
    done = await describe(submission.cluster, submission.name, description(submission), dry_run=submission.dry_run)
    return Outcome(done.manifest, done.notes)


def description(submission: Submission) -> Description:
    """What a form says of the object; documents that it leaves out are taken away."""
    kept = dict(_documents(submission))
    gone = {name: "" for name in submission.form.get("documents", "").splitlines() if name and name not in kept}
    return Description(submission.text("display_name"), submission.text("description"), {**gone, **kept})


def _documents(submission: Submission) -> Iterator[tuple[str, str]]:
    for place in range(MOST_DOCUMENTS):
        name, url = submission.text(f"document_{place}"), submission.text(f"url_{place}")
        if name:
            yield name, url


def _describe_command(submission: Submission) -> Iterator[str]:
    described = description(submission)
    yield from (
        "edit",
        submission.name,
        "--display-name",
        described.display_name or "",
        "--description",
        described.description or "",
    )
    for name, url in described.documents.items():
        yield from ("--document", f"{name}={url}")


async def _delete(submission: Submission) -> Outcome:
    found = await removal(submission.cluster, [submission.name])
    seen = submission.text("seen")
    if seen and any(one["metadata"]["uid"] != seen for one in found.objects):
        raise QueryError(f"{submission.name} was deleted and made anew since this page was shown: look at it again")
    await remove(submission.cluster, found, dry_run=submission.dry_run)
    return Outcome(notes=found.notes)


DESCRIBE: Final = Shared(_describe, lambda submission: tuple(_describe_command(submission)))
DELETE: Final = Shared(_delete, lambda submission: ("delete", submission.name))
