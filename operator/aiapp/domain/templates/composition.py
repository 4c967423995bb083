"""The package that a template makes of listed folders: which file lies where, each path once.

Goes through listings as they are, and holds none of them unpacked.
"""

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Final, NamedTuple, Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry, inline_entry
from aiapp.domain.artifact.manifest import COMPOSED_TAG, Manifest, composed, entry_at
from aiapp.domain.objectstore.keys import shown
from aiapp.domain.objectstore.listing import Listed, Listing, ListingPacker, is_folder_marker
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.templates.choice import Choice, FilledInput
from aiapp.domain.templates.glob import matches
from aiapp.modelarts.model_files import SERVICE_FILE

_NAMED: Final = 3
"""Objects that a message names."""
_PAGE: Final = 1000


class Placed(NamedTuple):
    """A file of the package: an object, or its content."""

    path: str
    place: Listed | bytes

    @property
    def entry(self) -> Entry:
        """The line of the manifest. Raises as `Entry` does."""
        if isinstance(self.place, bytes):
            return inline_entry(self.path, self.place)
        return entry_at(self.path, self.place, self.place.key)

    @property
    def listed(self) -> Listed:
        """The same as if the package lay in one folder."""
        if isinstance(self.place, bytes):
            return Listed(self.path, len(self.place), hashlib.sha256(self.place).hexdigest())
        return self.place._replace(key=self.path)


class Part(Protocol):
    """Files of one origin, in the order of their paths."""

    @property
    def name(self) -> str:
        """Where they come from, for messages."""
        ...

    def files(self) -> Iterator[Placed]: ...

    def find(self, path: str) -> Placed | None: ...


@dataclass(frozen=True, slots=True)
class Held:
    """Files that the template itself brings."""

    name: str
    contents: Mapping[str, bytes]

    def files(self) -> Iterator[Placed]:
        return (Placed(path, self.contents[path]) for path in sorted(self.contents))

    def find(self, path: str) -> Placed | None:
        return Placed(path, self.contents[path]) if path in self.contents else None


@dataclass(frozen=True, slots=True)
class Folder:
    """Everything under a prefix, below a folder of the package."""

    name: str
    listing: Listing
    prefix: str
    target: str

    def files(self) -> Iterator[Placed]:
        start = len(self.prefix)
        files = (one for one in self.listing if not is_folder_marker(one))
        return (Placed(f"{self.target}{one.key[start:]}", one) for one in files)

    def find(self, path: str) -> Placed | None:
        if not path.startswith(self.target):
            return None
        found = self.listing.find(f"{self.prefix}{path.removeprefix(self.target)}")
        return None if found is None or is_folder_marker(found) else Placed(path, found)


@dataclass(frozen=True, slots=True)
class Single:
    """One object, under the name that the template gives it."""

    name: str
    path: str
    listed: Listed

    def files(self) -> Iterator[Placed]:
        yield Placed(self.path, self.listed)

    def find(self, path: str) -> Placed | None:
        return Placed(path, self.listed) if path == self.path else None


@dataclass(frozen=True, slots=True)
class Composition:
    """The package that a template and its inputs make."""

    parts: Sequence[Part]

    def files(self) -> Iterator[Placed]:
        """Every file, in the order of the paths; a path twice where two parts have it."""
        return (file for file, _ in self._named())

    def find(self, path: str) -> Placed | None:
        """The file at that path."""
        return next((found for part in self.parts if (found := part.find(path)) is not None), None)

    def listing(self) -> Listing:
        """As if it lay in one folder, but never as if that had been listed at one moment."""
        packer, page = ListingPacker(), list[Listed]()
        packer.add(())
        for file in self.files():
            page.append(file.listed)
            if len(page) == _PAGE:
                packer.add(page)
                page = []
        packer.add(page)
        return packer.listing()

    def manifest(self) -> Manifest:
        """What is pinned. Raises as `composed` does."""
        return composed((file.entry for file in self.files()), COMPOSED_TAG)

    def conflict(self) -> Refusal | None:
        """Two parts that have a file at the same path."""
        for (file, name), (next_file, next_name) in pairwise(self._named()):
            if file.path == next_file.path:
                message = f"both {name} and {next_name} have a file for {shown(file.path)}: leave one of them out"
                return Refusal(Reason.TARGET_CONFLICT, message)
        return None

    def _named(self) -> Iterator[tuple[Placed, str]]:
        runs = (zip(part.files(), repeat(part.name), strict=False) for part in self.parts)
        return heapq.merge(*runs, key=lambda one: one[0].path)


def compose(choice: Choice, listings: Sequence[tuple[Listing, str]]) -> Composition | Refusal:
    """The package of the listings of the choice's inputs, each with its prefix; or why there is none."""
    parts: list[Part] = [Held(f"InferenceTemplate {choice.name}", choice.files)]
    for filled, (listing, prefix) in zip(choice.inputs, listings, strict=True):
        part = _part(filled, listing, prefix)
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    package = Composition(parts)
    if choice.handler is not None and package.find(SERVICE_FILE) is None:
        package = Composition([*parts, Held("the handler of the mode", {SERVICE_FILE: choice.handler})])
    return package.conflict() or package


def _part(filled: FilledInput, listing: Listing, prefix: str) -> Part | Refusal:
    name, target = f"input {filled.input.name} ({filled.uri})", filled.input.target
    files = (one for one in listing if not is_folder_marker(one) and _is_wanted(filled, one.key[len(prefix) :]))
    if not target or target.endswith("/"):
        return Folder(name, listing, prefix, target) if next(files, None) is not None else _lacks(name, filled)
    wanted = [one for one, _ in zip(files, range(_NAMED + 1), strict=False)]
    match wanted:
        case []:
            return _lacks(name, filled)
        case [one]:
            return Single(name, target, one)
        case _:
            return _several(name, filled, wanted)


def _is_wanted(filled: FilledInput, path: str) -> bool:
    return filled.input.patterns is None or any(matches(pattern, path) for pattern in filled.input.patterns)


def _lacks(name: str, filled: FilledInput) -> Refusal:
    patterns = filled.input.patterns
    wanted = f"nothing there matches {' or '.join(patterns)}" if patterns else "there is no file"
    return Refusal(Reason.MODEL_FILES_MISSING, f"{name}: {wanted}")


def _several(name: str, filled: FilledInput, objects: Sequence[Listed]) -> Refusal:
    keys = ", ".join(shown(one.key) for one in objects[:_NAMED]) + (", ..." if len(objects) > _NAMED else "")
    matched = f" that match {' or '.join(filled.input.patterns)}" if filled.input.patterns else ""
    message = f"{name}: one file is wanted for {filled.input.target}, there are several{matched}: {keys}"
    return Refusal(Reason.MODEL_FILES_AMBIGUOUS, message)
