"""Where a training job says that it writes: in the environment or the arguments of its containers. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.location import URI

NAMES: Final = ("train_url", "OUTPUT_PATH", "OUTPUT_URI", "OUTPUT_DIR", "MODEL_OUTPUT", "output_dir", "output_path")
"""Environment variables and arguments that say where a job writes, in any case, with `-` as good as `_`."""
MOST_FOLDERS: Final = 16
"""Of those that a job names: it is to name one."""
_MOST_URI: Final = 1024
_MOST_ITEMS: Final = 1024
_MOST_WORDS: Final = 4096
"""Of all arguments of a container: a job is small, and what it says by its variables is not."""
_MOST_TEXT: Final = 16 * _MOST_URI
"""Characters of one value or argument, with the variables in it."""
_VARIABLE: Final = re.compile(r"\$\(([-._A-Za-z][-._A-Za-z0-9]*)\)")
_ARGUMENT: Final = re.compile(r"-{0,2}(?P<name>[A-Za-z][\w.-]*)(=(?P<value>\S*))?")


@dataclass(frozen=True, slots=True)
class DeclaredOutput:
    """What a job says of its output."""

    uris: tuple[str, ...]
    """Each folder once, `MOST_FOLDERS` at most."""
    unread: tuple[str, ...]
    """Variables of such names whose value lies in another object, which is not read."""


def declared_output(containers: Iterable[Any], names: Iterable[str]) -> DeclaredOutput:
    """What `containers` (`env`, `command`, `args`) say under one of `names`."""
    wanted = {_plain(name) for name in names}
    uris: dict[str, None] = {}
    unread: dict[str, None] = {}
    for container in containers:
        if isinstance(container, dict):
            env = tuple(_env(container))
            known = {name: value for name, value in env if value is not None}
            found = (*env, *_arguments(container, known))
            values = (value for name, value in found if _plain(name) in wanted and value is not None)
            uris |= dict.fromkeys(islice((value for value in values if _is_folder(value)), MOST_FOLDERS))
            unread |= {name: None for name, value in env if value is None and _plain(name) in wanted}
    return DeclaredOutput(tuple(islice(uris, MOST_FOLDERS)), tuple(unread))


def is_location(name: str, value: str, names: Iterable[str]) -> bool:
    """Whether a variable of that name, one of `names`, says by that value where data lies."""
    return _is_folder(value) and _plain(name) in {_plain(one) for one in names}


def _env(container: Json) -> Iterator[tuple[str, str | None]]:
    """Names with their values, in which variables that are known by then are put in; None: elsewhere."""
    known: dict[str, str] = {}
    for one in _items(container, "env"):
        if isinstance(one, dict) and isinstance(name := one.get("name"), str):
            value = _filled(str(one.get("value") or ""), known) if "valueFrom" not in one else None
            known |= {name: value} if value is not None else {}
            yield name, value


def _arguments(container: Json, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """`--name=value`, `--name value` and `name=value`, also within one text for a shell."""
    texts = (str(one) for field in ("command", "args") for one in _items(container, field))
    found_words = (word.strip("'\"") for text in texts for word in _whole_words(_filled(text, variables)))
    words = list(islice(found_words, _MOST_WORDS))
    for word, then in zip_longest(words, words[1:], fillvalue=""):
        if (found := _ARGUMENT.fullmatch(word)) is not None:
            yield found["name"], found["value"].strip("'\"") if found["value"] is not None else then


def _items(container: Json, field: str) -> list[Any]:
    found = container.get(field)
    return found[:_MOST_ITEMS] if isinstance(found, list) else []


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """With the variables put in, and cut: those that hold one another many times would fill any memory."""
    text, filled, at = text[:_MOST_TEXT], "", 0
    for found in _VARIABLE.finditer(text):
        filled += text[at : found.start()] + variables.get(found[1], found[0])
        at = found.end()
        if len(filled) >= _MOST_TEXT:
            break
    return (filled + text[at:])[:_MOST_TEXT]


def _whole_words(text: str) -> list[str]:
    """Without the last one of a text that was cut, which may be half a folder."""
    words = text.split()
    return words[:-1] if len(text) >= _MOST_TEXT else words


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _is_folder(value: str) -> bool:
    return len(value) <= _MOST_URI and URI.fullmatch(value) is not None
