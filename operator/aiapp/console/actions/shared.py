"""What may be done with an application and with a version alike."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from aiapp.console.actions import describing
from aiapp.console.actions.submission import Outcome, Submission
from aiapp.queries.errors import QueryError
from aiapp.queries.removal import removal, remove


class Shared(NamedTuple):
    """How an action that both kinds have is carried out, and its command."""

    carry_out: Callable[[Submission], Awaitable[Outcome]]
    command: Callable[[Submission], Sequence[str]]


async def _delete(submission: Submission) -> Outcome:
    found = await removal(submission.cluster, [submission.name])
    seen = submission.text("seen")
    if seen and any(one["metadata"]["uid"] != seen for one in found.objects):
        raise QueryError(f"{submission.name} was deleted and made anew since this page was shown: look at it again")
    await remove(submission.cluster, found, dry_run=submission.dry_run)
    return Outcome(notes=found.notes)


DESCRIBE: Final = Shared(describing.carry_out, describing.command)
DELETE: Final = Shared(_delete, lambda submission: ("delete", submission.name))
