"""Documents as JSON or YAML for standard output."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiapp.domain.kubernetes import manifest_text


def as_json(document: Any) -> str:
    """Indented, ending in a line feed."""
    return json.dumps(document, indent=2) + "\n"


def as_yaml(document: Any) -> str:
    """In the order of its keys; enums and tuples become what JSON has for them.

    Escapes every letter beyond ASCII where one of them is for no eye, such as those that turn others round.
    """
    plain = json.loads(json.dumps(document))
    text = manifest_text.as_yaml(plain)
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return manifest_text.as_yaml(plain, is_ascii=True)


FORMATS: Final[Mapping[str, Callable[[Any], str]]] = {"yaml": as_yaml, "json": as_json}
