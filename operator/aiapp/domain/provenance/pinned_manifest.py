"""A kept manifest with its images pinned and its output elsewhere, and notes on what could not be pinned. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Path = tuple[str | int, ...]
"""Keys and places in lists that lead to a value of a document."""

_NAMED: Final = {
    "secretKeyRef": ("Secret", "name"),
    "secretRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    "hostPath": ("folder of the node", "path"),
}
"""Fields that name what the job reads, and that is not on record."""
_END: Final = r"(?![\w.-])"
"""Behind the folder: `run-7` is no part of `run-70`."""


class Note(NamedTuple):
    """Something that could not be pinned, at the place in the document where it stands."""

    document: int
    path: Path
    text: str


class PinnedManifest:
    """Makes the documents of one reproduction; what it could not pin is in `notes`."""

    def __init__(self, digests: Mapping[str, str], old: str, output: str) -> None:
        """`digests`: by image, `sha256:...`; `old` and `output`: the folder that was written to, and the new one."""
        self.output = output
        self.notes: list[Note] = []
        self.redirected = False
        """Whether something said where the job writes, and says the new folder now."""
        self._digests = digests
        self._old = re.compile(rf"(obs|s3)://{re.escape(_folder(old))}{_END}")
        self._document = 0

    def document(self, number: int, body: Any) -> Any:
        """What is kept of the document in that place, as it is to be."""
        self._document = number
        return self._pinned(body, ())

    def _pinned(self, value: Any, path: Path) -> Any:
        """The value at that path as it is to be."""
        if isinstance(value, list):
            return [self._item(item, (*path, place)) for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._field(key, inner, (*path, key)) for key, inner in value.items()}
        return self._redirected(value) if isinstance(value, str) else value

    def _item(self, item: Any, path: Path) -> Any:
        in_env = len(path) > 1 and path[-2] == "env" and isinstance(item, dict)
        if in_env and "value" not in item and "valueFrom" not in item:
            self._note(path, "its value is not on record (recordedEnv did not list it): set it")
        return self._pinned(item, path)

    def _field(self, key: str, value: Any, path: Path) -> Any:
        if key == "image" and isinstance(value, str) and value:
            return self._image(value, path)
        if key in _NAMED and isinstance(value, dict):
            kind, field = _NAMED[key]
            if isinstance(name := value.get(field), str):
                self._note(path, f"{kind} {name} is on record by its name alone: it has to exist, and may have changed")
        return self._pinned(value, path)

    def _image(self, image: str, path: Path) -> str:
        if "@" in image:
            return image
        if (digest := self._digests.get(image)) is None:
            self._note(path, "the digest that ran is not on record: this may be another image by now")
            return image
        return f"{image}@{digest}"

    def _redirected(self, text: str) -> str:
        found, count = self._old.subn(lambda old: f"{old[1]}://{_folder(self.output)}", text)
        self.redirected = self.redirected or count > 0
        return found

    def _note(self, path: Path, text: str) -> None:
        self.notes.append(Note(self._document, path, text))


def _folder(uri: str) -> str:
    """Bucket and path; `obs://` and `s3://` mean the same."""
    return uri.partition("://")[2].rstrip("/")
