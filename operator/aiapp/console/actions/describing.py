"""The form that describes an application or a version: what it was made from, what was typed, what there is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiapp.console.actions.submission import Outcome, Submission
from aiapp.domain.description import DOCUMENTS, Description, marks
from aiapp.domain.details.application import ApplicationOverview
from aiapp.domain.details.version import VersionOverview
from aiapp.domain.kubernetes.resources import Json
from aiapp.queries.description import describe

MOST_DOCUMENTS: Final = 3
SEEN: Final = "seen "
"""What the fields that say what the form was made from begin with; the field of the object follows."""
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DescriptionForm:
    """A form as it was sent."""

    given: Given

    @property
    def seen(self) -> dict[str, str]:
        """Marks of what it was made from; empty of one that nobody has filled yet."""
        return {key.removeprefix(SEEN): mark for key, mark in self.given.items() if key.startswith(SEEN)}

    @property
    def typed(self) -> Json:
        """As fields of a spec."""
        documents = [{"name": name, "url": url} for name, url in self.rows if name]
        texts = {"displayName": self._text("display_name"), "description": self._text("description")}
        return texts | {DOCUMENTS: documents}

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Name and URL of each document, also of one that lacks either."""
        return [(self._text(f"document_{one}"), self._text(f"url_{one}")) for one in range(MOST_DOCUMENTS)]

    @property
    def changes(self) -> set[str]:
        """Fields in which something else was typed than stood there."""
        return {key for key, mark in marks(self.typed).items() if mark != self.seen.get(key)}

    @property
    def description(self) -> Description:
        """The changes alone; documents that are not in it any more are taken away."""
        typed, changes = self.typed, self.changes
        kept = {one["name"]: one["url"] for one in typed[DOCUMENTS]}
        gone = dict.fromkeys(filter(None, self.given.get("documents", "").splitlines()), "")
        return Description(
            typed["displayName"] if "displayName" in changes else None,
            typed["description"] if "description" in changes else None,
            {**gone, **kept} if DOCUMENTS in changes else {},
        )

    def _text(self, field: str) -> str:
        return self.given.get(field, "").strip()


def shown(about: ApplicationOverview | VersionOverview, given: Given) -> dict[str, Any]:
    """What the form offers: what was typed, else what there is now; beside it what somebody else wrote meanwhile."""
    documents = [{"name": one.name, "url": one.url} for one in about.documents]
    now: Json = {"displayName": about.display_name, "description": about.description, DOCUMENTS: documents}
    form = DescriptionForm(given)
    changes = form.changes if form.seen else set()
    offered = {key: form.typed[key] if key in changes else value or "" for key, value in now.items()}
    rows = form.rows if DOCUMENTS in changes else [(one["name"], one["url"]) for one in documents]
    return {
        "display_name": offered["displayName"],
        "description": offered["description"],
        "documents": rows + [("", "")] * (MOST_DOCUMENTS - len(rows)),
        "known_documents": "\n".join(one["name"] for one in documents),
        "seen": {f"{SEEN}{key}": mark for key, mark in marks(now).items()},
        "others": _others(form, now, changes),
    }


def _others(form: DescriptionForm, now: Json, changes: set[str]) -> dict[str, str]:
    """Of each field that somebody else changed as well, and otherwise: what it is now."""
    current, typed = marks(now), marks(form.typed)
    lost = (key for key in changes if current[key] not in (form.seen.get(key), typed[key]))
    return {key: _text(now[key]) for key in lost}


def _text(value: str | list[Json] | None) -> str:
    if isinstance(value, list):
        return ", ".join(f"{one['name']} {one['url']}" for one in value)
    return value or ""


async def carry_out(submission: Submission) -> Outcome:
    """Writes what was typed over what was seen, and over nothing else. Raises `ApiError`, `QueryError`."""
    form = DescriptionForm(submission.form)
    result = await describe(
        submission.cluster, submission.name, form.description, dry_run=submission.dry_run, seen=form.seen
    )
    return Outcome(result.manifest, result.notes)


def command(submission: Submission) -> tuple[str, ...]:
    """The same on the command line; nothing where nothing is changed."""
    words = tuple(_options(DescriptionForm(submission.form).description))
    return ("edit", submission.name, *words) if words else ()


def _options(description: Description) -> Iterator[str]:
    if description.display_name is not None:
        yield from ("--display-name", description.display_name)
    if description.description is not None:
        yield from ("--description", description.description)
    for name, url in description.documents.items():
        yield from ("--document", f"{name}={url}")
