"""What became of a composed package's objects in their bucket, as a history of the package itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aiapp.api.source import TemplateSource
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.objectstore.location import prefix_of


def prefixes(source: TemplateSource) -> list[str]:
    """The prefixes of all inputs, without those that lie below another one."""
    found: list[str] = []
    for prefix in sorted({prefix_of(one.uri) for one in source.inputs}):
        if not found or not prefix.startswith(found[-1]):
            found.append(prefix)
    return found


def placed_history(entries: Iterable[Entry], histories: Sequence[Listing]) -> Listing:
    """The versions of every pinned object, under the path that it has in the package.

    What lies in the manifest itself is always there. Objects that are not pinned are left out: which of them the
    template would take is not known.
    """
    held, paths = list[Listed](), defaultdict[str, list[str]](list)
    for entry in entries:
        if entry.key is None:
            held.append(Listed(entry.path, entry.size, entry.etag, entry.version_id))
        else:
            paths[entry.key].append(entry.path)
    return Listing.of((*held, *_placed(paths, histories)))


def _placed(paths: Mapping[str, Sequence[str]], histories: Iterable[Listing]) -> Iterator[Listed]:
    for history in histories:
        for one in history:
            yield from (one._replace(key=path) for path in paths.get(one.key, ()))
