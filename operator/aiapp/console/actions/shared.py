"""What may be done with an application and with a version alike."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from aiapp.console.actions.wish import Outcome, Wish
from aiapp.domain.description import Description
from aiapp.queries.description import describe
from aiapp.queries.errors import QueryError
from aiapp.queries.removal import removal, remove

MOST_DOCUMENTS: Final = 3


class Shared(NamedTuple):
    """How it is done."""

    carry_out: Callable[[Wish], Awaitable[Outcome]]
    command: Callable[[Wish], Sequence[str]]


async def _describe(wish: Wish) -> Outcome:
    done = await describe(wish.cluster, wish.name, description(wish), dry_run=wish.dry_run)
    return Outcome(done.manifest, done.notes)


def description(wish: Wish) -> Description:
    """What a form says of the object; documents that it leaves out are taken away."""
    kept = dict(_documents(wish))
    gone = {name: "" for name in wish.form.get("documents", "").splitlines() if name and name not in kept}
    return Description(wish.text("display_name"), wish.text("description"), {**gone, **kept})


def _documents(wish: Wish) -> Iterator[tuple[str, str]]:
    for place in range(MOST_DOCUMENTS):
        name, url = wish.text(f"document_{place}"), wish.text(f"url_{place}")
        if name:
            yield name, url


def _describe_command(wish: Wish) -> Iterator[str]:
    said = description(wish)
    yield from ("edit", wish.name, "--display-name", said.display_name or "", "--description", said.description or "")
    for name, url in said.documents.items():
        yield from ("--document", f"{name}={url}")


async def _delete(wish: Wish) -> Outcome:
    found = await removal(wish.cluster, [wish.name])
    seen = wish.text("seen")
    if seen and any(one["metadata"]["uid"] != seen for one in found.objects):
        raise QueryError(f"{wish.name} was deleted and made anew since this page was shown: look at it again")
    await remove(wish.cluster, found, dry_run=wish.dry_run)
    return Outcome(notes=found.notes)


DESCRIBE: Final = Shared(_describe, lambda wish: tuple(_describe_command(wish)))
DELETE: Final = Shared(_delete, lambda wish: ("delete", wish.name))
